import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { badInput } from '@cpc-messenger/messenger'
import { OperationTypeNode } from 'graphql'
import type { Session } from '../../../services/identity/sign-in.ts'
import { closeGradually, type DrainPlan } from '../../http/drain-plan.ts'
import { headerOf } from '../../http/request-headers.ts'
import type { ConnectionSweep } from '../../sockets/connection-sweep.ts'
import { PumpGroup } from '../../sockets/stream-pump.ts'
import { tooManyConnections } from '../../sockets/user-connections.ts'
import type { GraphQLParams } from '../documents/graphql-params.ts'
import type { Prepared } from '../documents/prepared-documents.ts'
import type { Caller, ResumePoint } from '../operations/caller.ts'
import type { GraphQLDependencies } from '../operations/graphql-dependencies.ts'
import type { OperationRunner } from '../operations/operation-runner.ts'
import { parseResumePosition } from '../subscriptions/resume-position.ts'
import { EventFrames } from './event-frames.ts'
import { EventStreamResponse, type EventStreamResponseDependencies } from './event-stream-response.ts'
import { whenTaken } from './when-taken.ts'

/** An operation whose results are sent as events. */
interface EventRequest extends Pick<GraphQLParams, 'operationName' | 'variables'> {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly prepared: Prepared
  readonly caller: Caller
}

const resumeOf = (request: IncomingMessage): ResumePoint | undefined => {
  const text = headerOf(request, 'last-event-id')
  if (text === undefined || text === '') return undefined
  const place = parseResumePosition(text)
  if (place === undefined) throw badInput('Last-Event-ID', 'Last-Event-ID is not an id of an event of this server.')
  if (place.kind === 'inbox') return place.resume
  return { sequence: place.sequence, epoch: place.epoch, positions: new Map() }
}

/** Operations whose results are sent as server-sent events: the distinct connections mode of GraphQL over SSE. */
export class EventStreamHandler {
  readonly #runner: OperationRunner
  readonly #dependencies: GraphQLDependencies
  readonly #sweep: ConnectionSweep
  readonly #responses: EventStreamResponseDependencies
  readonly #open = new Set<EventStreamResponse>()
  #plan: DrainPlan | undefined

  constructor(runner: OperationRunner, dependencies: GraphQLDependencies, sweep: ConnectionSweep) {
    this.#runner = runner
    this.#dependencies = dependencies
    this.#sweep = sweep
    this.#responses = {
      log: dependencies.log,
      stallSeconds: dependencies.limits.stallSeconds,
      frames: new EventFrames(),
      group: new PumpGroup(),
    }
  }

  /** Rejects with a refusal if the request is invalid. */
  async handle({ request, response, prepared, operationName, variables, caller: from }: EventRequest): Promise<void> {
    const { session } = from
    const caller: Caller = { ...from, resume: resumeOf(request), keepsPlace: true }
    if (prepared.errors !== undefined) return void new EventStreamResponse(response, this.#responses).finish(prepared)
    const operation = { document: prepared.document, operationName, variables }
    if (prepared.document.operation(operationName)?.kind !== OperationTypeNode.SUBSCRIPTION) {
      const result = await this.#runner.execute(operation, caller)
      const bytes = new EventStreamResponse(response, this.#responses).finish(result)
      const taken = this.#runner.holdUnsent(caller, bytes)
      if (taken !== undefined) whenTaken(response, taken)
      return
    }
    using _counted = this.#count(session)
    const stream = await this.#runner.subscribe(operation, caller)
    const events = new EventStreamResponse(response, this.#responses)
    if (!('place' in stream)) return void events.finish(stream)
    using _held = this.#hold(events, session)
    // The drain began while the stream was being opened.
    if (this.#plan !== undefined) void closeGradually([events], this.#plan, (late, waitMs) => late.shutDown(waitMs))
    await events.send({
      stream,
      mayDeliver: () => session !== undefined && session.tokenExpiresAt > this.#dependencies.clock.now(),
    })
  }

  /** Counts the stream as one of its user's connections. */
  #count(session: Session | undefined): Disposable | undefined {
    const { users, limiter, meter, presences } = this.#dependencies
    if (session === undefined) return undefined
    const { userId } = session.actor
    limiter?.takeAll({ connections: 1, subscriptions: 1 }, userId)
    if (users?.enter(userId) === false) throw tooManyConnections(meter)
    const connectionId = randomUUID()
    presences.connected(userId, connectionId)
    return {
      [Symbol.dispose]: () => {
        presences.disconnected(connectionId)
        users?.leave(userId)
      },
    }
  }

  get connections(): number {
    return this.#open.size
  }

  /** Ends every stream; clients reconnect. */
  async drain(plan: DrainPlan): Promise<void> {
    this.#plan = plan
    await closeGradually(this.#open, plan, (events, waitMs) => events.shutDown(waitMs))
  }

  #hold(events: EventStreamResponse, session: Session | undefined): Disposable {
    const { meter, clock } = this.#dependencies
    this.#open.add(events)
    meter.connectionOpened('graphql')
    const swept = this.#sweep.add({
      sweep(now) {
        if (session !== undefined && session.tokenExpiresAt <= clock.now()) events.cut()
        else events.sweep(now)
      },
    })
    return {
      [Symbol.dispose]: () => {
        swept[Symbol.dispose]()
        this.#open.delete(events)
        meter.connectionClosed('graphql')
      },
    }
  }
}
