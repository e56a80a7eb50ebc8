import type { ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { ExecutionResult } from 'graphql'
import type { Log } from '../../../services/log.ts'
import type { ResponseStream } from '../execution/response-stream.ts'
import { SocketProgress } from '../socket-progress.ts'

const keepAliveMs = 12_000
const stalledMs = 60_000

const eventOf = (result: ExecutionResult, place: string | undefined): string =>
  `${place === undefined ? '' : `id: ${place}\n`}event: next\ndata: ${JSON.stringify(result)}\n\n`

/** One operation's results as server-sent events. What the client does not take is not asked for. */
export class EventStreamResponse {
  readonly #response: ServerResponse
  readonly #progress: SocketProgress | undefined
  #stream: ResponseStream | undefined
  #wroteAt = performance.now()

  constructor(response: ServerResponse, log: Log) {
    this.#response = response
    response.on('error', error => log.debug({ err: error }, 'a stream of events failed'))
    const { socket } = response
    this.#progress = socket instanceof Socket ? new SocketProgress(socket) : undefined
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    })
    if (!this.closed) response.write(':\n\n')
    response.once('close', () => void this.#stream?.return())
  }

  get closed(): boolean {
    return this.#response.writableEnded || this.#response.destroyed
  }

  /** Sends one result and completes. */
  finish(result: ExecutionResult): void {
    if (!this.closed) this.#response.write(eventOf(result, undefined))
    this.#complete()
  }

  /** Sends results until the stream or the client ends. */
  async send(stream: ResponseStream): Promise<void> {
    this.#stream = stream
    try {
      for (;;) {
        if (this.closed) break
        const { value, done } = await stream.next()
        if (done) return this.#complete()
        await this.#write(eventOf(value, stream.place))
      }
    } finally {
      await stream.return()
    }
  }

  /** Ends it without completing the operation: a client comes back to it. */
  cut(): void {
    void this.#stream?.return()
    this.#response.end()
    setTimeout(() => this.#response.destroy(), 1000).unref()
  }

  /** Keeps it alive, or gives up a client that takes nothing. */
  sweep(): void {
    if (this.#progress !== undefined && this.#progress.look() >= stalledMs) this.#response.destroy()
    else if (!this.closed && !this.#response.writableNeedDrain && performance.now() - this.#wroteAt >= keepAliveMs) {
      this.#wroteAt = performance.now()
      this.#response.write(':\n\n')
    }
  }

  #complete(): void {
    if (!this.closed) this.#response.end('event: complete\ndata: \n\n')
  }

  async #write(text: string): Promise<void> {
    this.#wroteAt = performance.now()
    if (this.closed || this.#response.write(text)) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#response.once('drain', resolve).once('close', resolve)
    await promise
    this.#response.off('drain', resolve).off('close', resolve)
  }
}
