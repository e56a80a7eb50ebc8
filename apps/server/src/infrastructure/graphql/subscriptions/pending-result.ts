import type { DeliveredEvent } from '../../../delivery/log/stream-item.ts'
import type { Renewed } from '../../../delivery/streams/subscription-service.ts'
import type { EventExecutor, Executed } from './event-executor.ts'
import type { ResponsePayload } from './response-payload.ts'
import { retryLater } from './retry-later.ts'
import { type ResultWaiter, SharedExecution } from './shared-execution.ts'
import type { SourceItem } from './subscription-source.ts'

/**
 * A result about a signal has no read set. If it was not taken within this time, it is executed again: what it shows may have been
 * deleted meanwhile, and the latest state is what counts.
 */
const signalResultMs = 50

/**
 * The result of one item of a subscription, from its execution until it is taken or dropped. It is executed, alone or shared,
 * until there is a payload; `validPayload` executes the item again if the payload is stale.
 */
export class PendingResult {
  readonly #executor: EventExecutor
  readonly #waiter: ResultWaiter
  #item: SourceItem
  /** The viewer is known to be a member at this sequence. */
  #memberUpTo: number
  #shared: SharedExecution | undefined
  #payload: ResponsePayload | undefined
  #executedAt = 0
  #dropped = false

  /** Begins to execute the item. `waiter` is notified if the result becomes ready later. */
  constructor(item: SourceItem, memberUpTo: number, executor: EventExecutor, waiter: ResultWaiter) {
    this.#item = item
    this.#memberUpTo = memberUpTo
    this.#executor = executor
    this.#waiter = waiter
    this.#execute()
  }

  get item(): SourceItem {
    return this.#item
  }

  /** The viewer may not see the result, because their membership has ended. */
  get dropped(): boolean {
    return this.#dropped
  }

  /** There is a payload to validate, or the result is dropped. */
  get ready(): boolean {
    return this.#dropped || this.#payload !== undefined || this.#shared?.settled === true
  }

  /** The payload, if it is valid for the viewer now. Undefined while the item is executed or the membership is read, and if the result is dropped. */
  validPayload(): ResponsePayload | undefined {
    this.#collectShared()
    while (this.#payload !== undefined) {
      const item = this.#item
      const { readSet } = this.#payload
      if (item.kind === 'signal' && performance.now() - this.#executedAt > signalResultMs) {
        this.#payload = undefined
        this.#execute()
        continue
      }
      if (readSet === undefined || item.kind !== 'event') return this.#payload
      const validity = readSet.validityFor(this.#executor.viewerId, this.#memberUpTo)
      if (validity === 'valid') return this.#payload
      if (validity === 'stale') this.#renew(item)
      else if (validity === 'unproved') this.#prove(item, this.#payload, readSet.newest)
      else this.#drop()
    }
    return undefined
  }

  #execute(): void {
    this.#executedAt = performance.now()
    const execution = this.#executor.execute(this.#item)
    if (execution instanceof SharedExecution) {
      this.#shared = execution
      if (execution.settled) this.#collectShared()
      else execution.addWaiter(this.#waiter)
    } else this.#use(execution)
  }

  /** A result that must not be shared is executed for this subscription alone. */
  #collectShared(): void {
    const shared = this.#shared
    if (shared === undefined || !shared.settled) return
    this.#shared = undefined
    this.#use(shared.payloadFor(this.#executor.responseKey) ?? this.#executor.executeAlone(this.#item))
  }

  #use(executed: Executed | Promise<Executed>): void {
    if (executed instanceof Promise)
      void executed.then(value => {
        this.#use(value)
        this.#waiter.resultReady()
      })
    else if (executed === 'unavailable') this.#later(() => this.#execute())
    else if (executed === 'hidden') this.#drop()
    else this.#payload = executed
  }

  #renew(item: DeliveredEvent): void {
    this.#payload = undefined
    const renewed = this.#executor.subscriptionService.renew(item, this.#executor.viewerId)
    if (renewed instanceof Promise) this.#whenRead(renewed, item, value => this.#renewed(value))
    else this.#renewed(renewed)
  }

  #renewed(renewed: Renewed | undefined): void {
    if (renewed === undefined) this.#drop()
    else {
      this.#item = renewed.delivered
      this.#memberUpTo = Math.max(this.#memberUpTo, renewed.memberUpTo)
      this.#execute()
    }
  }

  /** Reads the membership. If the viewer is still a member, that covers everything that was read before. */
  #prove(item: DeliveredEvent, payload: ResponsePayload, newest: number): void {
    this.#payload = undefined
    const { subscriptionService, viewerId } = this.#executor
    this.#whenRead(subscriptionService.memberHead(item.event.conversationId, viewerId), item, head => {
      if (head === undefined) this.#drop()
      else {
        this.#memberUpTo = Math.max(head, newest)
        this.#payload = payload
      }
    })
  }

  /** If the store is unavailable, the item is renewed and executed again later. */
  #whenRead<Value>(read: Promise<Value>, item: DeliveredEvent, then: (value: Value) => void): void {
    read.then(
      value => {
        if (this.#waiter.closed) return
        then(value)
        this.#waiter.resultReady()
      },
      () => this.#later(() => this.#renew(item)),
    )
  }

  #later(retry: () => void): void {
    retryLater(() => {
      if (this.#waiter.closed) return
      retry()
      this.#waiter.resultReady()
    })
  }

  #drop(): void {
    this.#dropped = true
    this.#payload = undefined
  }
}
