import type { ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { StreamConsumer } from '../../../delivery/streams/event-stream.ts'
import type { Logger } from '../../../services/telemetry/logger.ts'
import type { JoinedFrames } from '../../sockets/joined-frames.ts'
import { SocketProgress } from '../../sockets/socket-progress.ts'
import { highWaterBytes } from '../../sockets/socket-writer.ts'
import type { TickScheduler, TickTask } from '../../sockets/tick-scheduler.ts'
import { type Answer, answerToJson } from '../execution/answer.ts'
import type { ResponseStream } from '../subscriptions/response-stream.ts'
import { type EventFrames, eventFrame } from './event-frames.ts'

const keepAliveMs = 12_000

/** What the streams of events of a server have in common. */
export interface EventStreamParts {
  readonly log: Logger
  /** How long a client that is owed something may take no byte. */
  readonly stallSeconds: number
  readonly scheduler: TickScheduler
  readonly frames: EventFrames
  readonly joined: JoinedFrames
}

export interface Sending {
  readonly stream: ResponseStream
  /** Asked before each turn; nothing is sent where it answers false. */
  mayDeliver(): boolean
}

/** One operation's results as server-sent events. What the client does not take is not asked for. */
export class EventStreamResponse implements TickTask, StreamConsumer {
  due = false
  readonly #response: ServerResponse
  readonly #parts: EventStreamParts
  readonly #progress: SocketProgress | undefined
  #sending: Sending | undefined
  #wroteAt = performance.now()

  constructor(response: ServerResponse, parts: EventStreamParts) {
    this.#response = response
    this.#parts = parts
    response.on('error', error => parts.log.debug({ err: error }, 'a stream of events failed'))
    const { socket } = response
    this.#progress = socket instanceof Socket ? new SocketProgress(socket) : undefined
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
    })
    if (!this.closed) response.write(':\n\n')
    response.once('close', () => this.#sending?.stream.close())
  }

  get closed(): boolean {
    return this.#response.writableEnded || this.#response.destroyed
  }

  /** Sends one result and completes; answers how many bytes that were. */
  finish(answer: Answer): number {
    const frame = eventFrame(answerToJson(answer), undefined)
    if (!this.closed) this.#response.write(frame)
    this.#complete()
    return frame.length
  }

  /** Sends results until the stream or the client ends. */
  async send(sending: Sending): Promise<void> {
    const { stream } = sending
    if (this.closed) return stream.close()
    this.#sending = sending
    const { promise: over, resolve } = Promise.withResolvers<void>()
    this.#response.on('drain', () => this.streamReady()).once('close', resolve)
    stream.attach(this)
    await over
  }

  streamReady(): void {
    this.#parts.scheduler.schedule(this)
  }

  /** As far as the client takes it. What fails here ends this stream, and no other. */
  run(): void {
    try {
      if (this.#sending?.mayDeliver()) this.#writeFrom(this.#sending.stream)
    } catch (error) {
      this.#parts.joined.discard()
      this.#parts.log.error({ err: error }, 'the items of a stream could not be sent')
      this.#response.destroy()
    }
  }

  /** Ends it without completing the operation: a client comes back to it. */
  cut(): void {
    this.#sending?.stream.close()
    this.#response.end()
    setTimeout(() => this.#response.destroy(), 1000).unref()
  }

  /** The server is going down: the client comes back after so many milliseconds. */
  leave(waitMs: number): void {
    if (!this.closed) this.#response.write(`retry: ${waitMs}\n\n`)
    this.cut()
  }

  /** Keeps it alive, or gives up a client that takes nothing. */
  sweep(): void {
    if (this.#progress !== undefined && this.#progress.look() >= this.#parts.stallSeconds * 1000)
      this.#response.destroy()
    else if (!this.closed && !this.#response.writableNeedDrain && performance.now() - this.#wroteAt >= keepAliveMs) {
      this.#wroteAt = performance.now()
      this.#response.write(':\n\n')
    }
  }

  #complete(): void {
    if (!this.closed) this.#response.end('event: complete\ndata: \n\n')
  }

  #writeFrom(stream: ResponseStream): void {
    if (this.closed || this.#response.writableNeedDrain) return
    const { frames, joined, scheduler } = this.#parts
    let room = highWaterBytes
    while (room > 0) {
      const payload = stream.take()
      if (payload === undefined) break
      const frame = frames.frameOf(payload, stream.place)
      joined.add(frame)
      room -= frame.length
    }
    if (room < highWaterBytes) this.#wroteAt = performance.now()
    joined.writeTo(this.#response)
    if (stream.ended) this.#complete()
    else if (room <= 0 && !this.#response.writableNeedDrain) scheduler.schedule(this)
  }
}
