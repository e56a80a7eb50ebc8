import { once } from 'node:events'
import { isDeepStrictEqual } from 'node:util'
import {
  type ClientFrameInput,
  encodeClientFrame,
  type ServerFrame,
  type ServerFrameType,
  serverFrameSchemas,
} from '@cpc-messenger/protocol'
import { WebSocket } from 'ws'
import type { z } from 'zod'

export interface Handshake {
  readonly headers?: Readonly<Record<string, string>>
  readonly protocols?: readonly string[]
  /** False: leaves pings without an answer. */
  readonly autoPong?: boolean
}

export interface Closed {
  readonly code: number
  readonly reason: string
}

type FrameOf<Type extends ServerFrameType> = Extract<ServerFrame, { readonly type: Type }>

const patienceMs = 15_000
const schemas = new Map<string, z.ZodType<ServerFrame>>(Object.entries(serverFrameSchemas))

/** Every frame is held against the schema that the AsyncAPI document is made of: no field more, no field less. */
const documented = (text: string): ServerFrame => {
  const value = JSON.parse(text) as { readonly type: string }
  const schema = schemas.get(value.type)
  if (schema === undefined) throw new TypeError(`undocumented: ${text}`)
  const frame = schema.parse(value)
  if (!isDeepStrictEqual(frame, value)) throw new TypeError(`not as documented: ${text}`)
  return frame
}

/** A client of `messenger.v1` that keeps what it is sent until it is asked for. */
export class Client {
  readonly socket: WebSocket
  readonly closed: Promise<Closed>
  /** The types of all frames so far. */
  readonly seen = new Set<ServerFrameType>()
  #frames: ServerFrame[] = []
  #fault: unknown
  #arrived = Promise.withResolvers<void>()

  private constructor(socket: WebSocket) {
    this.socket = socket
    const { promise, resolve } = Promise.withResolvers<Closed>()
    this.closed = promise
    socket.on('message', data => this.#receive(String(data)))
    socket.on('close', (code, reason) => {
      resolve({ code, reason: reason.toString() })
      this.#arrived.resolve()
    })
    socket.on('error', () => undefined)
  }

  static async open(
    url: string,
    { headers = {}, protocols = ['messenger.v1'], autoPong = true }: Handshake,
  ): Promise<Client> {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`, [...protocols], { headers, autoPong })
    const client = new Client(socket)
    const refused = new Promise<never>((_, reject) => {
      socket.once('unexpected-response', (_request, response) => {
        response.setEncoding('utf8').on('data', body => reject(new Error(`${response.statusCode} ${body}`)))
      })
    })
    await Promise.race([once(socket, 'open'), refused])
    return client
  }

  send(frame: ClientFrameInput): void {
    this.socket.send(encodeClientFrame(frame))
  }

  /** The next frame, which must be of this type. */
  async next<Type extends ServerFrameType>(type: Type): Promise<FrameOf<Type>> {
    const frame = await this.#take()
    if (!isOf(frame, type)) throw new Error(`${type} was expected, and this came: ${JSON.stringify(frame)}`)
    return frame
  }

  /** The next frame of this type; those before it are dropped. */
  async until<Type extends ServerFrameType>(type: Type): Promise<FrameOf<Type>> {
    for (;;) {
      const frame = await this.#take()
      if (isOf(frame, type)) return frame
    }
  }

  /** What comes before the next frame of this type. */
  async before(type: ServerFrameType): Promise<readonly ServerFrame[]> {
    const frames: ServerFrame[] = []
    for (;;) {
      const frame = await this.#take()
      if (frame.type === type) return frames
      frames.push(frame)
    }
  }

  /** The sequences of the next `count` events; positions between them are dropped. */
  async sequences(count: number): Promise<readonly number[]> {
    const sequences: number[] = []
    while (sequences.length < count) {
      const frame = await this.#take()
      if ('occurredAt' in frame) sequences.push(frame.sequence)
      else if (frame.type !== 'StreamPosition') throw new Error(`no event: ${JSON.stringify(frame)}`)
    }
    return sequences
  }

  /** What has come and was not asked for. */
  get waiting(): readonly ServerFrame[] {
    return this.#frames
  }

  /** Everything that the server had sent before it answered a frame of now. */
  async settled(): Promise<readonly ServerFrame[]> {
    this.send({ type: 'UnsubscribeReactions', id: 'settled', messageId: 'none' })
    const frames: ServerFrame[] = []
    for (;;) {
      const frame = await this.#take()
      if (frame.type === 'Ok' && frame.id === 'settled') return frames
      frames.push(frame)
    }
  }

  /** Goes without a word, as by a cable that is pulled. */
  cut(): void {
    this.socket.terminate()
  }

  async #take(): Promise<ServerFrame> {
    const deadline = Date.now() + patienceMs
    for (;;) {
      if (this.#fault !== undefined) throw this.#fault
      const frame = this.#frames.shift()
      if (frame !== undefined) return frame
      if (this.socket.readyState === WebSocket.CLOSED) throw new Error('the connection is closed')
      await this.#change(deadline)
    }
  }

  async #change(deadline: number): Promise<void> {
    const { promise, reject } = Promise.withResolvers<never>()
    const timer = setTimeout(() => reject(new Error('nothing came in time')), Math.max(1, deadline - Date.now()))
    try {
      await Promise.race([this.#arrived.promise, promise])
    } finally {
      clearTimeout(timer)
    }
  }

  #receive(text: string): void {
    try {
      const frame = documented(text)
      this.seen.add(frame.type)
      this.#frames.push(frame)
    } catch (error) {
      this.#fault ??= error
    }
    this.#arrived.resolve()
    this.#arrived = Promise.withResolvers()
  }
}

const isOf = <Type extends ServerFrameType>(frame: ServerFrame, type: Type): frame is FrameOf<Type> =>
  frame.type === type
