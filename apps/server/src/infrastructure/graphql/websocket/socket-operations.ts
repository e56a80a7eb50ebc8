import { GraphQLError, OperationTypeNode } from 'graphql'
import type { StreamConsumer } from '../../../delivery/streams/event-stream.ts'
import { IntrusiveQueue, type QueueNode } from '../../../delivery/streams/intrusive-queue.ts'
import { limitReached } from '../../../services/limits/limit-reached.ts'
import { reportInternalError } from '../../errors/internal-error.ts'
import type { JoinedFrames } from '../../sockets/joined-frames.ts'
import { textFrame } from '../../sockets/text-frame.ts'
import type { TickScheduler, TickTask } from '../../sockets/tick-scheduler.ts'
import { type GraphQLParams, persistedQueryNotSupported } from '../documents/graphql-params.ts'
import type { Prepared } from '../documents/prepared-documents.ts'
import { answerToJson } from '../execution/answer.ts'
import type { GraphQLDependencies } from '../operations/graphql-dependencies.ts'
import type { OperationRunner } from '../operations/operation-runner.ts'
import { presentError, presentThrown } from '../operations/present-error.ts'
import type { Payload } from '../subscriptions/payload.ts'
import { ResponseStream } from '../subscriptions/response-stream.ts'
import { graphqlCloseCodes } from './close-codes.ts'
import type { GraphQLConnection } from './graphql-connection.ts'
import { type FrameTail, frameEnd, type NextFrames } from './next-frames.ts'

const reconnectMs = 1000

export interface OperationParts {
  readonly runner: OperationRunner
  readonly parts: GraphQLDependencies
  readonly frames: NextFrames
  readonly joined: JoinedFrames
  readonly scheduler: TickScheduler
}

/** One operation of a connection. */
class SocketOperation implements FrameTail, StreamConsumer, QueueNode<SocketOperation> {
  readonly id: string
  readonly end: string
  readonly #operations: SocketOperations
  /** Undefined while it begins, and of queries and mutations. */
  stream: ResponseStream | undefined
  /** Its stream may have something to take. */
  ready = false
  next: SocketOperation | undefined

  constructor(id: string, operations: SocketOperations) {
    this.id = id
    this.end = frameEnd(id)
    this.#operations = operations
  }

  streamReady(): void {
    this.#operations.wake(this)
  }
}

const completeFrame = ({ id }: SocketOperation): Buffer => textFrame(JSON.stringify({ type: 'complete', id }))

/** The operations of one connection. Results go out as far as its socket has room, those of one turn in one write. */
export class SocketOperations implements TickTask {
  due = false
  readonly #common: OperationParts
  readonly #connection: GraphQLConnection
  readonly #open = new Map<string, SocketOperation>()
  readonly #onBegun: () => void
  #beginning = 0
  /** The last document that is not prepared yet. */
  #preparing: Promise<Prepared> | undefined
  readonly #ready = new IntrusiveQueue<SocketOperation>()

  /** `onBegun` is called whenever an operation has been answered, or has begun to stream. */
  constructor(common: OperationParts, connection: GraphQLConnection, onBegun: () => void) {
    this.#common = common
    this.#connection = connection
    this.#onBegun = onBegun
    connection.writer.onRoom(() => this.#resume())
  }

  /** Operations that are being worked out. */
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
      const { meter, log } = this.#common.parts
      const refusal = presentThrown(error, log)
      meter.request('request', String(refusal.extensions.code))
      this.#refuse(operation, [refusal])
      this.#connection.closeIfIgnored(error)
    }
    this.#beginning -= 1
    this.#onBegun()
  }

  /** The client wants no more of it. */
  end(id: string): void {
    const operation = this.#open.get(id)
    if (operation !== undefined) this.#forget(operation)
  }

  endAll(): void {
    for (const operation of this.#open.values()) this.#forget(operation)
  }

  async #start(operation: SocketOperation, { query, operationName, variables }: GraphQLParams): Promise<void> {
    const { runner, parts } = this.#common
    const userId = this.#connection.session?.actor.userId ?? ''
    parts.limiter?.take('requests', userId)
    this.#requireRoom()
    const prepared = query === undefined ? persistedQueryNotSupported : this.#prepare(query)
    const { document, errors } = prepared instanceof Promise ? await prepared : prepared
    if (errors !== undefined) return this.#refuse(operation, errors)
    const kind = document.operation(operationName)?.kind
    const request = { document, operationName, variables }
    if (kind === undefined)
      this.#refuse(operation, [presentError(new GraphQLError('Unable to identify operation'), parts.log)])
    else if (kind !== OperationTypeNode.SUBSCRIPTION) {
      this.#answer(operation, { json: answerToJson(await runner.execute(request, this.#connection)) })
    } else {
      parts.limiter?.take('subscriptions', userId)
      const stream = await runner.subscribe(request, this.#connection)
      if (stream instanceof ResponseStream) this.#follow(operation, stream)
      else this.#refuse(operation, stream.errors ?? [])
    }
  }

  /** Operations begin in the order in which they came, so a document waits for those before it. */
  #prepare(query: string): Prepared | Promise<Prepared> {
    const prepare = () => this.#common.runner.prepareInSlices(query, this.#connection)
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
    const { limits, meter } = this.#common.parts
    const most = limits.maxSubscriptionsPerConnection
    if (this.#open.size <= most) return
    throw limitReached(meter, 'subscriptionsPerConnection', `A connection holds ${most} operations at most.`, {
      retryAfterMs: reconnectMs,
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

  #answer(operation: SocketOperation, payload: Payload): void {
    if (!this.#isOpen(operation)) return
    this.#forget(operation)
    const frames = Buffer.concat([this.#common.frames.frameOf(payload, operation), completeFrame(operation)])
    this.#connection.writer.write(frames, this.#common.runner.holdUnsent(this.#connection, frames.length))
  }

  #refuse(operation: SocketOperation, errors: readonly GraphQLError[]): void {
    if (!this.#isOpen(operation)) return
    this.#forget(operation)
    this.#connection.writer.write(textFrame(JSON.stringify({ type: 'error', payload: errors, id: operation.id })))
  }

  /** The client may have completed it meanwhile, and used its id again. */
  #isOpen(operation: SocketOperation): boolean {
    return this.#open.get(operation.id) === operation
  }

  #forget(operation: SocketOperation): void {
    this.#open.delete(operation.id)
    operation.stream?.close()
  }

  #keepReady(operation: SocketOperation): void {
    if (operation.ready) return
    operation.ready = true
    this.#ready.add(operation)
  }

  #resume(): void {
    if (this.#ready.first !== undefined) this.#common.scheduler.schedule(this)
  }

  /** An operation's stream may have something to take. */
  wake(operation: SocketOperation): void {
    this.#keepReady(operation)
    this.#resume()
  }

  /** What fails here ends this connection, and no other's turn. */
  run(): void {
    try {
      this.#turn()
    } catch (error) {
      this.#common.joined.discard()
      const { log } = this.#common.parts
      const { code, errorId } = reportInternalError(error, log, 'the items of a connection could not be sent')
      this.#connection.close(graphqlCloseCodes.internalError, `${code} ${errorId}`)
    }
  }

  #turn(): void {
    const { writer } = this.#connection
    if (!writer.open || writer.full || !this.#connection.mayDeliver) return
    const { last } = this.#ready
    let { room } = writer
    for (let operation = this.#ready.shift(); operation !== undefined; operation = this.#ready.shift()) {
      room = this.#drain(operation, room)
      if (operation === last) break
    }
    this.#common.joined.writeTo(writer)
    if (!writer.full) this.#resume()
  }

  /** Answers the room that is left. */
  #drain(operation: SocketOperation, room: number): number {
    const { stream } = operation
    const { frames, joined } = this.#common
    let left = room
    operation.ready = false
    if (stream === undefined || !this.#isOpen(operation)) return left
    while (left > 0) {
      const payload = stream.take()
      if (payload === undefined) break
      const frame = frames.frameOf(payload, operation)
      joined.add(frame)
      left -= frame.length
    }
    if (stream.ended) {
      this.#forget(operation)
      joined.add(completeFrame(operation))
    } else if (left <= 0) this.#keepReady(operation)
    return left
  }
}
