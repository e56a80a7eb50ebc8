import { GraphQLError, OperationTypeNode } from 'graphql'
import type { StreamConsumer } from '../../../delivery/streams/event-stream.ts'
import { limitReached } from '../../../services/limits/limit-reached.ts'
import type { JoinedFrames } from '../../sockets/joined-frames.ts'
import type { SocketConnection } from '../../sockets/socket-connection.ts'
import { type PumpGroup, type PumpSource, StreamPump } from '../../sockets/stream-pump.ts'
import { textFrame } from '../../sockets/text-frame.ts'
import { type GraphQLParams, persistedQueryNotSupported } from '../documents/graphql-params.ts'
import type { Prepared } from '../documents/prepared-documents.ts'
import { answerToJson } from '../execution/interface/answer.ts'
import type { Caller } from '../operations/caller.ts'
import type { GraphQLDependencies } from '../operations/graphql-dependencies.ts'
import type { OperationRunner } from '../operations/operation-runner.ts'
import { presentError, presentThrown } from '../operations/present-error.ts'
import type { ResponsePayload } from '../subscriptions/response-payload.ts'
import { ResponseStream } from '../subscriptions/response-stream.ts'
import { type FrameTail, frameEnd, type NextFrames } from './next-frames.ts'

const retryAfterMs = 1000

/** What the operations of all connections share. */
export interface SharedByOperations {
  readonly runner: OperationRunner
  readonly dependencies: GraphQLDependencies
  readonly frames: NextFrames
  readonly group: PumpGroup
}

/** One operation of a connection; a subscription's results are carried by the connection's pump. */
class SocketOperation implements FrameTail, StreamConsumer, PumpSource {
  ready = false
  next: PumpSource | undefined
  readonly id: string
  readonly end: string
  readonly #operations: SocketOperations
  /** Undefined until the stream is open, and for queries and mutations. */
  stream: ResponseStream | undefined

  constructor(id: string, operations: SocketOperations) {
    this.id = id
    this.end = frameEnd(id)
    this.#operations = operations
  }

  streamReady(): void {
    this.#operations.pump.wake(this)
  }

  fill(frames: JoinedFrames, room: number): number {
    return this.stream === undefined ? room : this.#operations.fill(this, this.stream, frames, room)
  }
}

const completeFrame = ({ id }: SocketOperation): Buffer => textFrame(JSON.stringify({ type: 'complete', id }))

/** The operations of one connection. */
export class SocketOperations {
  readonly pump: StreamPump
  readonly #shared: SharedByOperations
  readonly #connection: SocketConnection
  readonly #caller: Caller
  readonly #open = new Map<string, SocketOperation>()
  readonly #onBegun: () => void
  #beginning = 0
  /** The preparation of the newest document. */
  #preparing: Promise<Prepared> | undefined

  /** `onBegun` is called whenever an operation has been answered, or has begun to stream. */
  constructor(shared: SharedByOperations, connection: SocketConnection, caller: Caller, onBegun: () => void) {
    this.#shared = shared
    this.#connection = connection
    this.#caller = caller
    this.#onBegun = onBegun
    this.pump = new StreamPump(shared.group, connection)
  }

  /** Operations that are not answered yet, and do not stream yet. */
  get beginning(): number {
    return this.#beginning
  }

  has(id: string): boolean {
    return this.#open.has(id)
  }

  /** Never rejects. */
  async begin(id: string, payload: GraphQLParams): Promise<void> {
    const operation = new SocketOperation(id, this)
    this.#open.set(id, operation)
    this.#beginning += 1
    try {
      await this.#start(operation, payload)
    } catch (error) {
      const { meter, log } = this.#shared.dependencies
      const refusal = presentThrown(error, log)
      meter.request('request', String(refusal.extensions.code))
      this.#refuse(operation, [refusal])
      this.#connection.closeIfIgnored(error)
    }
    this.#beginning -= 1
    this.#onBegun()
  }

  /** Handles `complete` of the client. */
  end(id: string): void {
    const operation = this.#open.get(id)
    if (operation !== undefined) this.#forget(operation)
  }

  endAll(): void {
    this.pump.stop()
    for (const operation of this.#open.values()) this.#forget(operation)
  }

  /** Adds the results that are available as frames, and the completion after the last one; see `PumpSource`. */
  fill(operation: SocketOperation, stream: ResponseStream, joined: JoinedFrames, room: number): number {
    let left = room
    if (!this.#isOpen(operation)) return left
    while (left > 0) {
      const payload = stream.take()
      if (payload === undefined) break
      const frame = this.#shared.frames.frameOf(payload, operation)
      joined.add(frame)
      left -= frame.length
    }
    if (stream.ended) {
      this.#forget(operation)
      joined.add(completeFrame(operation))
    }
    return left
  }

  async #start(operation: SocketOperation, { query, operationName, variables }: GraphQLParams): Promise<void> {
    const { runner, dependencies } = this.#shared
    const userId = this.#caller.session?.actor.userId ?? ''
    dependencies.limiter?.take('requests', userId)
    this.#requireRoom()
    const prepared = query === undefined ? persistedQueryNotSupported : this.#prepare(query)
    const { document, errors } = prepared instanceof Promise ? await prepared : prepared
    if (errors !== undefined) return this.#refuse(operation, errors)
    const kind = document.operation(operationName)?.kind
    const request = { document, operationName, variables }
    if (kind === undefined)
      this.#refuse(operation, [presentError(new GraphQLError('Unable to identify operation'), dependencies.log)])
    else if (kind !== OperationTypeNode.SUBSCRIPTION) {
      this.#answer(operation, { json: answerToJson(await runner.execute(request, this.#caller)) })
    } else {
      dependencies.limiter?.take('subscriptions', userId)
      const stream = await runner.subscribe(request, this.#caller)
      if (stream instanceof ResponseStream) this.#follow(operation, stream)
      else this.#refuse(operation, stream.errors ?? [])
    }
  }

  /** Operations begin in the order in which they came, so a document waits for those before it. */
  #prepare(query: string): Prepared | Promise<Prepared> {
    const prepare = () => this.#shared.runner.prepareInSlices(query, this.#caller)
    const prepared = this.#preparing === undefined ? prepare() : this.#preparing.then(prepare)
    if (prepared instanceof Promise) {
      this.#preparing = prepared
      void prepared.then(() => {
        if (this.#preparing === prepared) this.#preparing = undefined
      })
    }
    return prepared
  }

  #requireRoom(): void {
    const { limits, meter } = this.#shared.dependencies
    const max = limits.maxSubscriptionsPerConnection
    if (this.#open.size <= max) return
    throw limitReached(meter, 'subscriptionsPerConnection', `A connection may have at most ${max} operations.`, {
      retryAfterMs,
    })
  }

  #follow(operation: SocketOperation, stream: ResponseStream): void {
    if (!this.#isOpen(operation)) {
      stream.close()
      return
    }
    operation.stream = stream
    stream.attach(operation)
  }

  #answer(operation: SocketOperation, payload: ResponsePayload): void {
    if (!this.#isOpen(operation)) return
    this.#forget(operation)
    const frames = Buffer.concat([this.#shared.frames.frameOf(payload, operation), completeFrame(operation)])
    this.#connection.sink.write(frames, this.#shared.runner.holdUnsent(this.#caller, frames.length))
  }

  #refuse(operation: SocketOperation, errors: readonly GraphQLError[]): void {
    if (!this.#isOpen(operation)) return
    this.#forget(operation)
    this.#connection.sink.write(textFrame(JSON.stringify({ type: 'error', payload: errors, id: operation.id })))
  }

  /** Whether the operation is still the one with its id: the client may have completed it and used the id again. */
  #isOpen(operation: SocketOperation): boolean {
    return this.#open.get(operation.id) === operation
  }

  #forget(operation: SocketOperation): void {
    this.#open.delete(operation.id)
    operation.stream?.close()
  }
}
