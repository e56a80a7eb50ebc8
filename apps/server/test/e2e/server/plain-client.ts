import { once } from 'node:events'
import WebSocket from 'ws'
import type { Address } from '../../support/address.ts'

export interface Frame {
  readonly type: string
  readonly [field: string]: unknown
}

/** A client of `messenger.v1` that keeps every frame it gets. */
export class PlainClient implements AsyncDisposable {
  readonly frames: Frame[] = []
  readonly socket: WebSocket
  #changed: () => void = () => undefined
  #closing: { readonly code: number; readonly reason: string } | undefined

  private constructor(socket: WebSocket) {
    this.socket = socket
    socket.on('message', data => {
      this.frames.push(JSON.parse(String(data)) as Frame)
      this.#changed()
    })
    socket.on('close', (code, reason) => {
      this.#closing = { code, reason: String(reason) }
      this.#changed()
    })
  }

  /** Without a token the client has to authenticate by its first frame. */
  static async connect(server: Pick<Address, 'webSocketUrl'>, token?: string): Promise<PlainClient> {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
    const client = new PlainClient(new WebSocket(`${server.webSocketUrl}/ws`, 'messenger.v1', { headers }))
    await once(client.socket, 'open')
    return client
  }

  send(frame: object): void {
    this.socket.send(JSON.stringify(frame))
  }

  /** The first frame of this kind, now or within five seconds. */
  async frame(type: string, matches: (frame: Frame) => boolean = () => true): Promise<Frame> {
    return this.#wait(
      () => this.frames.find(frame => frame.type === type && matches(frame)),
      () => `no ${type} among ${JSON.stringify(this.frames)}`,
    )
  }

  async closed(): Promise<{ readonly code: number; readonly reason: string }> {
    return this.#wait(
      () => this.#closing,
      () => 'the connection stays',
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.terminate()
    await this.closed()
  }

  async #wait<Value>(find: () => Value | undefined, failure: () => string): Promise<Value> {
    const deadline = Date.now() + 15_000
    for (;;) {
      const found = find()
      if (found !== undefined) return found
      const left = deadline - Date.now()
      if (left <= 0) throw new Error(failure())
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, left)
        this.#changed = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }
}
