/** The concurrent senders, each of which sends its next message once the previous one is answered, and their rooms. */
export interface SendLoad {
  readonly senders: number
  readonly conversations: 'own' | 'one'
}

export interface SendRun extends SendLoad {
  readonly seconds: number
}

export interface Sent {
  readonly sends: number
  readonly seconds: number
}

export interface Measured extends Sent {
  /** Of the process that makes the sends durable. */
  readonly cpuSeconds: number
}
