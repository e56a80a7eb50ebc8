import type { ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { StreamConsumer } from '../../../delivery/streams/event-stream.ts'
import type { Logger } from '../../../services/telemetry/logger.ts'
import { reportInternalError } from '../../errors/internal-error.ts'
import type { Swept } from '../../sockets/connection-sweep.ts'
import type { JoinedFrames } from '../../sockets/joined-frames.ts'
import { SocketProgress } from '../../sockets/socket-progress.ts'
import { highWaterBytes } from '../../sockets/socket-writer.ts'
import {
  type PumpGroup,
  type PumpSink,
  type PumpSource,
  type PumpTarget,
  StreamPump,
} from '../../sockets/stream-pump.ts'
import { type Answer, answerToJson } from '../execution/interface/answer.ts'
import type { ResponseStream } from '../subscriptions/response-stream.ts'
import { type EventFrames, eventFrame } from './event-frames.ts'

const keepAliveMs = 12_000

/** What the event streams of a server share. */
export interface EventStreamResponseDependencies {
  readonly log: Logger
  /** How long a client with unsent data may read nothing. */
  readonly stallSeconds: number
  readonly frames: EventFrames
  readonly group: PumpGroup
}

interface Sending {
  readonly stream: ResponseStream
  /** Checked before each write. If it returns false, nothing is sent. */
  mayDeliver(): boolean
}

/** A response as the sink of a pump. */
class ResponseSink implements PumpSink {
  readonly #response: ServerResponse
  readonly room = highWaterBytes
  wroteAt = performance.now()

  constructor(response: ServerResponse) {
    this.#response = response
  }

  get open(): boolean {
    return !this.#response.writableEnded && !this.#response.destroyed
  }

  get full(): boolean {
    return this.#response.writableNeedDrain
  }

  write(frame: Buffer | string): void {
    this.wroteAt = performance.now()
    this.#response.write(frame)
  }

  cork(): void {
    this.#response.cork()
  }

  uncork(): void {
    this.#response.uncork()
  }
}

/** One operation's results as server-sent events. */
export class EventStreamResponse implements PumpTarget, PumpSource, StreamConsumer, Swept {
  ready = false
  next: PumpSource | undefined
  readonly sink: ResponseSink
  readonly #response: ServerResponse
  readonly #dependencies: EventStreamResponseDependencies
  readonly #pump: StreamPump
  readonly #progress: SocketProgress | undefined
  #sending: Sending | undefined

  constructor(response: ServerResponse, dependencies: EventStreamResponseDependencies) {
    this.#response = response
    this.#dependencies = dependencies
    this.sink = new ResponseSink(response)
    this.#pump = new StreamPump(dependencies.group, this)
    response.on('error', error => dependencies.log.debug({ err: error }, 'an event stream failed'))
    const { socket } = response
    this.#progress = socket instanceof Socket ? new SocketProgress(socket) : undefined
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
    })
    if (this.sink.open) this.sink.write(':\n\n')
    response.once('close', () => this.#sending?.stream.close())
  }

  /** Sends one result and completes; returns its bytes. */
  finish(answer: Answer): number {
    const frame = eventFrame(answerToJson(answer), undefined)
    if (this.sink.open) this.#response.write(frame)
    this.#complete()
    return frame.length
  }

  /** Sends results until the stream or the client ends. */
  async send(sending: Sending): Promise<void> {
    const { stream } = sending
    if (!this.sink.open) return stream.close()
    this.#sending = sending
    const { promise: closed, resolve } = Promise.withResolvers<void>()
    this.#response.on('drain', () => this.#pump.resume()).once('close', resolve)
    stream.attach(this)
    await closed
  }

  mayDeliver(): boolean {
    return this.#sending?.mayDeliver() ?? false
  }

  deliveryFailed(error: unknown): void {
    reportInternalError(error, this.#dependencies.log, 'events could not be delivered')
    this.#response.destroy()
  }

  streamReady(): void {
    this.#pump.wake(this)
  }

  fill(joined: JoinedFrames, room: number): number {
    const stream = this.#sending?.stream
    let left = room
    while (stream !== undefined && left > 0) {
      const payload = stream.take()
      if (payload === undefined) break
      const frame = this.#dependencies.frames.frameOf(payload, stream.place)
      joined.add(frame)
      left -= frame.length
    }
    // After the pump has written what was added.
    if (stream?.ended) queueMicrotask(() => this.#complete())
    return left
  }

  /** Ends the response without completing the operation: the client reconnects. */
  cut(): void {
    this.#pump.stop()
    this.#sending?.stream.close()
    this.#response.end()
    setTimeout(() => this.#response.destroy(), 1000).unref()
  }

  /** Ends the stream at shutdown. The client reconnects after `waitMs`. */
  shutDown(waitMs: number): void {
    if (this.sink.open) this.#response.write(`retry: ${waitMs}\n\n`)
    this.cut()
  }

  /** Sends a keep-alive, or destroys the connection of a client that does not read. */
  sweep(now: number): void {
    if (this.#progress !== undefined && this.#progress.look() >= this.#dependencies.stallSeconds * 1000)
      this.#response.destroy()
    else if (this.sink.open && !this.sink.full && now - this.sink.wroteAt >= keepAliveMs) this.sink.write(':\n\n')
  }

  #complete(): void {
    if (this.sink.open) this.#response.end('event: complete\ndata: \n\n')
  }
}
