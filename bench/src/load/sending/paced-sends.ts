import { type Latency, latencyOf } from '../latency.ts'
import { GraphQLSocket } from '../sockets/graphql-socket.ts'
import type { Seat } from '../subscribers/subscriber.ts'
import { type Pace, paced } from './paced.ts'
import { sendBy } from './senders.ts'

export interface PacedSends extends Pace {
  readonly port: number
  /** Who send, in turn. */
  readonly accounts: readonly Seat[]
}

/** Latency of sends that are made at a constant rate. */
export const sendPaced = async ({ port, accounts, ...pace }: PacedSends): Promise<Latency> => {
  const sockets = await Promise.all(accounts.map(({ token }) => GraphQLSocket.open({ port, token })))
  try {
    const senders = sockets.map((socket, index) => sendBy(socket, accounts[index]?.conversationId ?? ''))
    const latencies: number[] = []
    await paced(pace, async (index, due) => {
      await senders[index % senders.length]?.()
      latencies.push(performance.now() - due)
    })
    return latencyOf(latencies)
  } finally {
    for (const socket of sockets) socket.close()
  }
}
