import { once } from 'node:events'
import { type ClientFrameInput, encodeClientFrame } from '@cpc-messenger/protocol'
import { WebSocket } from 'ws'
import { tokenFor } from '../../e2e/server/running-server.ts'

/** How something that was asked was answered: `OK` or a code. */
export interface Outcome {
  readonly code: string
  readonly retryAfterMs?: number
  /** Of an HTTP answer, or of the closing of a connection. */
  readonly status?: number
  readonly retryAfter?: string | null
}

interface Errors {
  readonly errors?: readonly { readonly extensions: { readonly code: string; readonly retryAfterMs?: number } }[]
}

const outcomeOf = ({ errors }: Errors): Outcome => errors?.[0]?.extensions ?? { code: 'OK' }

export const transports = ['http', 'sse', 'graphql-transport-ws', 'messenger.v1'] as const
export type Transport = (typeof transports)[number]

/** Sends operations of one user by HTTP. */
export class HttpTransport {
  readonly #url: string
  readonly #token: string
  readonly #headers: Readonly<Record<string, string>>

  constructor(url: string, token: string, headers: Readonly<Record<string, string>> = {}) {
    this.#url = url
    this.#token = token
    this.#headers = headers
  }

  async ask(query: string, variables: object = {}, accept = 'application/json'): Promise<Outcome> {
    const cut = new AbortController()
    const response = await fetch(`${this.#url}/graphql`, {
      method: 'POST',
      signal: cut.signal,
      headers: { 'content-type': 'application/json', accept, authorization: `Bearer ${this.#token}`, ...this.#headers },
      body: JSON.stringify({ query, variables }),
    })
    const { status, headers } = response
    if (status !== 200) {
      const text = await response.text()
      return { ...outcomeOf(JSON.parse(text)), status, retryAfter: headers.get('retry-after') }
    }
    if (!headers.get('content-type')?.startsWith('text/event-stream'))
      return { ...outcomeOf(JSON.parse(await response.text())), status }
    const outcome = await firstEvent(response)
    cut.abort()
    return { ...outcome, status }
  }
}

const firstEvent = async (response: Response): Promise<Outcome> => {
  let text = ''
  const decoder = new TextDecoder()
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true })
    const [, json] = /^data: (.+)$/m.exec(text) ?? []
    if (json !== undefined) return outcomeOf(JSON.parse(json))
  }
  return { code: 'no event' }
}

abstract class SocketTransport {
  readonly socket: WebSocket
  readonly closed: Promise<Outcome>
  readonly #waiting = new Map<string, (frame: never) => void>()

  protected constructor(socket: WebSocket) {
    this.socket = socket
    socket.on('error', () => undefined)
    this.closed = once(socket, 'close').then(([code, reason]) => ({
      code: 'closed',
      status: Number(code),
      retryAfterMs: Number(String(reason)),
    }))
    socket.on('message', data => this.receive(JSON.parse(String(data))))
  }

  protected abstract receive(frame: { readonly type: string; readonly id?: string | null }): void

  /** The first frame sent to this id. */
  protected answerTo<Frame>(id: string, text: string): Promise<Frame | Outcome> {
    const { promise, resolve } = Promise.withResolvers<Frame>()
    this.#waiting.set(id, resolve)
    this.socket.send(text)
    return Promise.race([promise, this.closed])
  }

  protected tell(id: string, frame: unknown): void {
    this.#waiting.get(id)?.(frame as never)
    this.#waiting.delete(id)
  }

  cut(): void {
    this.socket.terminate()
  }
}

let ids = 0
const nextId = (): string => `n${++ids}`

/** Operations of one user over one connection of `graphql-transport-ws`. */
export class GraphQLTransport extends SocketTransport {
  static async open(
    url: string,
    token: string,
  ): Promise<{ readonly transport: GraphQLTransport; readonly outcome: Outcome }> {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
    const transport = new GraphQLTransport(socket)
    await once(socket, 'open')
    const init = JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } })
    const answer = await transport.answerTo<{ readonly type: string }>('connection_ack', init)
    return { transport, outcome: 'type' in answer ? { code: 'OK' } : answer }
  }

  /** A subscription that is answered is ended. */
  async ask(query: string, variables: object = {}, id = nextId()): Promise<Outcome> {
    const text = JSON.stringify({ type: 'subscribe', id, payload: { query, variables } })
    const answer = await this.answerTo<{ readonly type: string; readonly payload: unknown }>(id, text)
    if (!('type' in answer)) return answer
    if (query.startsWith('subscription')) this.socket.send(JSON.stringify({ type: 'complete', id }))
    return answer.type === 'error'
      ? outcomeOf({ errors: answer.payload as never })
      : outcomeOf(answer.payload as Errors)
  }

  protected receive(frame: { readonly type: string; readonly id?: string | null }): void {
    if (frame.type === 'connection_ack') this.tell('connection_ack', frame)
    else if (frame.type !== 'complete' && typeof frame.id === 'string') this.tell(frame.id, frame)
  }
}

/** Frames of one user over one connection of `messenger.v1`. */
export class PlainTransport extends SocketTransport {
  static async open(
    url: string,
    token: string,
  ): Promise<{ readonly transport: PlainTransport; readonly outcome: Outcome }> {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`, 'messenger.v1')
    const transport = new PlainTransport(socket)
    await once(socket, 'open')
    return { transport, outcome: await transport.ask({ type: 'Authenticate', token }) }
  }

  async ask(frame: ClientFrameInput): Promise<Outcome> {
    const id = nextId()
    const answer = await this.answerTo<{ readonly type: string; readonly code?: string; readonly details?: object }>(
      id,
      encodeClientFrame({ ...frame, id }),
    )
    if (!('type' in answer)) return answer
    return answer.type === 'Error' ? { code: answer.code ?? '', ...answer.details } : { code: 'OK' }
  }

  protected receive(frame: { readonly type: string; readonly id?: string | null }): void {
    if (typeof frame.id === 'string') this.tell(frame.id, frame)
  }
}

export const tokenOf = (name: string): Promise<string> => tokenFor(name)
