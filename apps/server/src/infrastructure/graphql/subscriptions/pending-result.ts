import type { DeliveredEvent } from '../../../delivery/streams/stream-item.ts'
import type { Renewed } from '../../../delivery/streams/subscription-service.ts'
import type { EventExecutor } from './event-executor.ts'
import { later } from './later.ts'
import type { Payload } from './payload.ts'
import type { Awaiting } from './shared-execution.ts'
import type { SourceItem } from './subscription-source.ts'

export interface ResultOwner {
  /** Nothing is taken any more. */
  readonly closed: boolean
  /** A result can be taken, or was dropped. */
  resultChanged(): void
}

/** The result of one item of a subscription, from its execution until it is taken or dropped. */
export class PendingResult implements Awaiting {
  readonly responseKey: string
  readonly #executor: EventExecutor
  readonly #owner: ResultOwner
  #item: SourceItem
  /** The viewer is known to be a member at this sequence. */
  #memberUpTo: number
  #payload: Payload | undefined
  #dropped = false

  constructor(item: SourceItem, memberUpTo: number, executor: EventExecutor, owner: ResultOwner) {
    this.#item = item
    this.#memberUpTo = memberUpTo
    this.#executor = executor
    this.responseKey = executor.responseKey
    this.#owner = owner
  }

  get item(): SourceItem {
    return this.#item
  }

  get over(): boolean {
    return this.#owner.closed
  }

  /** It is executed, but for the check of `take`. */
  get settled(): boolean {
    return this.#payload !== undefined
  }

  /** The viewer may not have it. */
  get dropped(): boolean {
    return this.#dropped
  }

  execute(): void {
    this.#payload = undefined
    this.#executor.execute(this.#item, this)
  }

  settle(payload: Payload | undefined): void {
    if (payload === undefined) {
      this.#executor.executeAlone(this.#item, this)
      return
    }
    this.#payload = payload
    this.#owner.resultChanged()
  }

  /** Whether the viewer may have it as it was executed. What they may not have is dropped, or is being executed anew. */
  validate(): boolean {
    const item = this.#item
    const readSet = this.#payload?.readSet
    if (readSet === undefined || item.kind !== 'event') return this.settled
    const validity = readSet.validityFor(this.#executor.viewerId, this.#memberUpTo)
    if (validity === 'ended') this.#dropped = true
    else if (validity === 'stale') this.#renew(item)
    else if (validity === 'unproved') this.#prove(item, readSet.newest)
    return validity === 'valid'
  }

  /** The result, if it can be taken. */
  take(): Payload | undefined {
    return this.validate() ? this.#payload : undefined
  }

  #renew(item: DeliveredEvent): void {
    this.#payload = undefined
    const renewed = this.#executor.renew(item)
    if (renewed instanceof Promise) this.#whenRead(renewed, item, value => this.#renewed(value))
    else this.#renewed(renewed)
  }

  #renewed(renewed: Renewed | undefined): void {
    if (renewed === undefined) {
      this.#drop()
      return
    }
    this.#item = renewed.delivered
    this.#memberUpTo = Math.max(this.#memberUpTo, renewed.memberUpTo)
    this.execute()
  }

  /** A membership that is read now covers all that was read before. */
  #prove(item: DeliveredEvent, newest: number): void {
    const payload = this.#payload
    this.#payload = undefined
    this.#whenRead(this.#executor.memberHead(item), item, head => {
      if (head === undefined) this.#drop()
      else {
        this.#memberUpTo = Math.max(head, newest)
        this.settle(payload)
      }
    })
  }

  /** While the store does not answer, the item is executed anew after a while, and judged again. */
  #whenRead<Value>(reading: Promise<Value>, item: DeliveredEvent, then: (value: Value) => void): void {
    reading.then(
      value => {
        if (!this.over) then(value)
      },
      () =>
        later(() => {
          if (!this.over) this.#renew(item)
        }),
    )
  }

  #drop(): void {
    this.#dropped = true
    this.#owner.resultChanged()
  }
}
