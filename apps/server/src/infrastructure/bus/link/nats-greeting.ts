import { connect } from 'node:net'
import type { NatsAddress } from '../../network/nats-address.ts'

/** The server cannot be reached for now. */
export class NatsUnreachable extends Error {
  override readonly name = 'NatsUnreachable'
}

/**
 * Resolves once a server sends its greeting. Without this check, the client library would leave a socket open for each
 * attempt to connect to a server that hangs or is behind a broken network.
 */
export const awaitGreeting = ({ host, port }: NatsAddress, withinMs: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host, port })
    const give = (error?: Error): void => {
      clearTimeout(timer)
      socket.destroy()
      if (error === undefined) resolve()
      else reject(error)
    }
    const timer = setTimeout(() => give(new NatsUnreachable(`no greeting within ${withinMs} ms`)), withinMs)
    let greeting = ''
    socket.on('error', give)
    socket.on('close', () => give(new NatsUnreachable('the server closed the connection without a greeting')))
    socket.on('data', data => {
      greeting += data.toString('latin1')
      if (greeting.startsWith('INFO ')) give()
      else if (greeting.length >= 5) give(new NatsUnreachable('the server is not a NATS server'))
    })
  })
