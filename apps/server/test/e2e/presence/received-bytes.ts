import { once } from 'node:events'
import WebSocket from 'ws'

/** A text that a watcher received, and when. */
export interface Received {
  /** What it answers or belongs to: a type of frames, or an operation. */
  readonly group: string
  readonly text: string
  readonly atMs: number
}

interface WatcherOptions {
  readonly url: string
  readonly protocol: 'messenger.v1' | 'graphql-transport-ws'
  readonly token: string
  /** Sent once it is connected. */
  readonly frames: readonly object[]
}

const firstFrames = ({ protocol, token }: WatcherOptions): readonly object[] =>
  protocol === 'messenger.v1'
    ? [{ type: 'Authenticate', token }]
    : [{ type: 'connection_init', payload: { authorization: `Bearer ${token}` } }]

/** Keeps every text that one connection receives. */
export class ReceivedBytes implements AsyncDisposable {
  readonly received: Received[] = []
  readonly #socket: WebSocket

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.on('message', data => {
      const text = String(data)
      const { type, id } = JSON.parse(text) as { readonly type: string; readonly id?: string }
      this.received.push({ group: `${type} ${id ?? ''}`, text, atMs: performance.now() })
    })
  }

  static async open(options: WatcherOptions): Promise<ReceivedBytes> {
    const path = options.protocol === 'messenger.v1' ? '/ws' : '/graphql'
    const socket = new WebSocket(`${options.url}${path}`, options.protocol)
    const watcher = new ReceivedBytes(socket)
    await once(socket, 'open')
    for (const frame of firstFrames(options)) socket.send(JSON.stringify(frame))
    await once(socket, 'message')
    for (const frame of options.frames) socket.send(JSON.stringify(frame))
    return watcher
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.terminate()
  }
}

const instants = /\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z/g
const ids = /(?:conv|msg|mem)_[0-9a-z]{26}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g

/** The text with the same word for what differs between two conversations of other people: their names, ids and times. */
export const neutral = (text: string, names: Readonly<Record<string, string>>): string => {
  const known = new Map<string, string>()
  const renamed = Object.entries(names).reduce((result, [name, word]) => result.replaceAll(name, word), text)
  return renamed.replaceAll(instants, 'INSTANT').replaceAll(ids, id => {
    const word = known.get(id) ?? `id-${known.size}`
    known.set(id, word)
    return word
  })
}

/** The instants that a text names. */
export const instantsIn = (text: string): readonly number[] =>
  [...text.matchAll(instants)].map(([instant]) => Date.parse(instant))
