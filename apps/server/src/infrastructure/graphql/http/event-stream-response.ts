import type { ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { Log } from '../../../services/log.ts'
import { SocketProgress } from '../../socket-progress.ts'
import { type Answer, answerText } from '../compiled/answer.ts'
import type { ResponseStream } from '../execution/response-stream.ts'

const keepAliveMs = 12_000
const stalledMs = 60_000

const eventOf = (json: string, place: string | undefined): string =>
  `${place === undefined ? '' : `id: ${place}\n`}event: next\ndata: ${json}\n\n`

/** One operation's results as server-sent events. What the client does not take is not asked for. */
export class EventStreamResponse {
  readonly #response: ServerResponse
  readonly #log: Log
  readonly #progress: SocketProgress | undefined
  #stream: ResponseStream | undefined
  #wroteAt = performance.now()

  constructor(response: ServerResponse, log: Log) {
    this.#response = response
    this.#log = log
    response.on('error', error => log.debug({ err: error }, 'a stream of events failed'))
    const { socket } = response
    this.#progress = socket instanceof Socket ? new SocketProgress(socket) : undefined
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    })
    if (!this.closed) response.write(':\n\n')
    response.once('close', () => this.#stream?.close())
  }

  get closed(): boolean {
    return this.#response.writableEnded || this.#response.destroyed
  }

  /** Sends one result and completes. */
  finish(answer: Answer): void {
    if (!this.closed) this.#response.write(eventOf(answerText(answer), undefined))
    this.#complete()
  }

  /** Sends results until the stream or the client ends. */
  async send(stream: ResponseStream): Promise<void> {
    if (this.closed) return stream.close()
    this.#stream = stream
    const { promise: over, resolve } = Promise.withResolvers<void>()
    this.#response.on('drain', () => this.#pump(stream)).once('close', resolve)
    stream.serve(() => this.#pump(stream))
    await over
  }

  /** Ends it without completing the operation: a client comes back to it. */
  cut(): void {
    this.#stream?.close()
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

  /** As far as the client takes it. What fails here ends this stream, and no other. */
  #pump(stream: ResponseStream): void {
    try {
      this.#writeFrom(stream)
    } catch (error) {
      this.#log.error({ err: error }, 'the items of a stream could not be sent')
      this.#response.destroy()
    }
  }

  #writeFrom(stream: ResponseStream): void {
    while (!this.closed && !this.#response.writableNeedDrain) {
      const payload = stream.take()
      if (payload === undefined) break
      this.#wroteAt = performance.now()
      this.#response.write(eventOf(payload.json, stream.place))
    }
    if (stream.ended) this.#complete()
  }
}
