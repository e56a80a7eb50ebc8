import { RawSocket } from '../sockets/raw-socket.ts'
import { firstAnswer } from './http-body.ts'

interface HttpAccount {
  readonly port: number
  readonly token: string
}

export const postRequest = ({ port, token }: HttpAccount, body: string, accept: string): string =>
  [
    'POST /graphql HTTP/1.1',
    `Host: 127.0.0.1:${port}`,
    `Authorization: Bearer ${token}`,
    'Content-Type: application/json',
    `Accept: ${accept}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n')

/** One persistent connection that sends one operation by POST at a time. */
export class HttpConnection {
  readonly #account: HttpAccount
  readonly #socket: RawSocket
  #received = ''
  #asked: PromiseWithResolvers<void> | undefined

  constructor(account: HttpAccount) {
    this.#account = account
    this.#socket = new RawSocket(account.port, {
      onBytes: bytes => this.#read(bytes.toString('latin1')),
      onFailure: error => this.#asked?.reject(error),
    })
  }

  /** Resolves when the operation is answered with data and without errors. */
  ask(query: string, variables: Readonly<Record<string, unknown>>): Promise<void> {
    this.#asked = Promise.withResolvers()
    this.#socket.write(postRequest(this.#account, JSON.stringify({ query, variables }), 'application/json'))
    return this.#asked.promise
  }

  close(): void {
    this.#socket.close()
  }

  #read(text: string): void {
    this.#received += text
    const answer = firstAnswer(this.#received)
    if (answer === undefined) return
    this.#received = this.#received.slice(answer.length)
    if (answer.status === 200 && !answer.body.includes('"errors"')) this.#asked?.resolve()
    else this.#asked?.reject(new Error(`refused: ${answer.status} ${answer.body}`))
  }
}
