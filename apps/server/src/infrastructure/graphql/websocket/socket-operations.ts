import { Refusal } from '@cpc-messenger/messenger'
import { GraphQLError, getOperationAST, OperationTypeNode } from 'graphql'
import { textFrame } from '../../text-frame.ts'
import type { TurnEnd } from '../../turn-end.ts'
import { answerText } from '../compiled/answer.ts'
import type { GraphQLParts } from '../execution/graphql-parts.ts'
import type { OperationRunner } from '../execution/operation-runner.ts'
import type { Payload } from '../execution/payload.ts'
import { presentError, presentThrown } from '../execution/present-error.ts'
import { ResponseStream } from '../execution/response-stream.ts'
import type { SubscribePayload } from './client-message.ts'
import { closeCodes } from './close-codes.ts'
import type { GraphQLConnection } from './graphql-connection.ts'
import { type FrameTail, frameTail, type NextFrames } from './next-frames.ts'

const comeBackMs = 1000

export interface OperationParts {
  readonly runner: OperationRunner
  readonly parts: GraphQLParts
  readonly frames: NextFrames
  readonly turnEnd: TurnEnd
}

interface SocketOperation extends FrameTail {
  /** Undefined while it begins, and of queries and mutations. */
  stream: ResponseStream | undefined
}

/** The operations of one connection. Results go out as far as its socket has room, those of one turn in one write. */
export class SocketOperations {
  readonly #common: OperationParts
  readonly #connection: GraphQLConnection
  readonly #open = new Map<string, SocketOperation>()
  readonly #onBegun: () => void
  #beginning = 0
  readonly #ready = new Set<SocketOperation>()
  readonly #run = (): void => this.#runTurn()

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
  async begin(id: string, payload: SubscribePayload): Promise<void> {
    const operation: SocketOperation = { ...frameTail(id), stream: undefined }
    this.#open.set(id, operation)
    this.#beginning += 1
    try {
      await this.#start(operation, payload)
    } catch (error) {
      this.#refuse(operation, [presentThrown(error, this.#common.parts.log)])
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

  async #start(operation: SocketOperation, { query, operationName, variables }: SubscribePayload): Promise<void> {
    this.#requireRoom()
    const { runner, parts } = this.#common
    const { document, errors } = runner.prepare(query)
    if (errors !== undefined) return this.#refuse(operation, errors)
    const kind = getOperationAST(document, operationName)?.operation
    const request = { document, operationName, variables }
    if (kind === undefined)
      this.#refuse(operation, [presentError(new GraphQLError('Unable to identify operation'), parts.log)])
    else if (kind !== OperationTypeNode.SUBSCRIPTION) {
      this.#answer(operation, { json: answerText(await runner.execute(request, this.#connection)) })
    } else {
      const stream = await runner.subscribe(request, this.#connection)
      if (stream instanceof ResponseStream) this.#follow(operation, stream)
      else this.#refuse(operation, stream.errors ?? [])
    }
  }

  #requireRoom(): void {
    const most = this.#common.parts.limits.maxSubscriptionsPerConnection
    if (this.#open.size > most)
      throw new Refusal('RATE_LIMITED', `A connection holds ${most} operations at most.`, { retryAfterMs: comeBackMs })
  }

  #follow(operation: SocketOperation, stream: ResponseStream): void {
    if (!this.#isOpen(operation)) {
      stream.close()
      return
    }
    operation.stream = stream
    stream.serve(() => {
      this.#ready.add(operation)
      this.#resume()
    })
  }

  #answer(operation: SocketOperation, payload: Payload): void {
    if (!this.#isOpen(operation)) return
    this.#connection.writer.write(this.#common.frames.frameOf(payload, operation))
    this.#complete(operation)
  }

  #refuse(operation: SocketOperation, errors: readonly GraphQLError[]): void {
    if (!this.#isOpen(operation)) return
    this.#forget(operation)
    this.#send({ type: 'error', payload: errors, id: operation.id })
  }

  #complete(operation: SocketOperation): void {
    this.#forget(operation)
    this.#send({ type: 'complete', id: operation.id })
  }

  /** The client may have completed it meanwhile, and used its id again. */
  #isOpen(operation: SocketOperation): boolean {
    return this.#open.get(operation.id) === operation
  }

  #forget(operation: SocketOperation): void {
    this.#open.delete(operation.id)
    this.#ready.delete(operation)
    operation.stream?.close()
  }

  #resume(): void {
    if (this.#ready.size > 0) this.#common.turnEnd.put(this.#run)
  }

  /** What fails here ends this connection, and no other's turn. */
  #runTurn(): void {
    try {
      this.#turn()
    } catch (error) {
      this.#common.parts.log.error({ err: error }, 'the items of a connection could not be sent')
      this.#connection.close(closeCodes.internal, 'INTERNAL')
    }
  }

  #turn(): void {
    const { writer } = this.#connection
    if (!writer.open || writer.full) return
    const frames: Buffer[] = []
    let { room } = writer
    const ready = [...this.#ready]
    for (const operation of ready) room = this.#drain(operation, frames, room)
    writer.writeAll(frames)
    for (const operation of ready) if (operation.stream?.ended) this.#complete(operation)
  }

  /** Answers the room that is left. */
  #drain(operation: SocketOperation, frames: Buffer[], room: number): number {
    let left = room
    this.#ready.delete(operation)
    while (left > 0) {
      const payload = operation.stream?.take()
      if (payload === undefined) return left
      const frame = this.#common.frames.frameOf(payload, operation)
      frames.push(frame)
      left -= frame.length
    }
    this.#ready.add(operation)
    return left
  }

  #send(message: object): void {
    this.#connection.writer.write(textFrame(JSON.stringify(message)))
  }
}
