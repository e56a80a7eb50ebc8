/** Who sends at the same time, each the next message once the one before is answered, and where to. */
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
