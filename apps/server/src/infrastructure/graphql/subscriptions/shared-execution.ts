import { later } from './later.ts'
import type { Payload } from './payload.ts'

/** A result with what its root field is called, or that it is not to be shared. */
export type SharedValue = { readonly responseKey: string; readonly payload: Payload } | undefined

/** While the store does not answer, it is executed again for all who wait. */
export type Attempt = SharedValue | 'unavailable'

/** Who waits for a result. */
export interface Awaiting {
  /** What their root field is called. */
  readonly responseKey: string
  /** Nobody waits any more. */
  readonly over: boolean
  /** Undefined: execute for yourself. */
  settle(payload: Payload | undefined): void
}

const before = (responseKey: string): string => `{"data":{${JSON.stringify(responseKey)}:`
const after = '}}'

/** One execution and its serialisation for all who wait for it. What their root fields are called may differ. */
export class SharedExecution {
  readonly #renamedPayloads = new Map<string, Payload>()
  #waiting: Awaiting[] | undefined = []
  #value: SharedValue

  /** `attempt` must not throw, and what it answers not reject. */
  constructor(attempt: () => Attempt | Promise<Attempt>) {
    this.#execute(attempt)
  }

  /** What it shows is still so, as far as is known. */
  get current(): boolean {
    return this.#value?.payload.readSet?.current !== false
  }

  /** Undefined while it is not there, or is not to be shared. */
  payloadFor(responseKey: string): Payload | undefined {
    if (this.#value === undefined) return undefined
    const { payload, ...made } = this.#value
    return made.responseKey === responseKey ? payload : this.#renamed(payload, made.responseKey, responseKey)
  }

  /** Settles it with the payload, at once where that is there. */
  tell(awaiting: Awaiting): void {
    if (this.#waiting === undefined) awaiting.settle(this.payloadFor(awaiting.responseKey))
    else this.#waiting.push(awaiting)
  }

  #execute(attempt: () => Attempt | Promise<Attempt>): void {
    const take = (value: Attempt): void => {
      if (value !== 'unavailable') this.#settle(value)
      else later(() => this.#executeAgain(attempt))
    }
    const value = attempt()
    if (value instanceof Promise) void value.then(take)
    else take(value)
  }

  #executeAgain(attempt: () => Attempt | Promise<Attempt>): void {
    if (this.#waiting?.every(({ over }) => over)) this.#settle(undefined)
    else this.#execute(attempt)
  }

  #settle(value: SharedValue): void {
    this.#value = value
    const waiting = this.#waiting ?? []
    this.#waiting = undefined
    for (const one of waiting) one.settle(this.payloadFor(one.responseKey))
  }

  #renamed(whole: Payload, from: string, to: string): Payload {
    const { json, readSet } = whole
    // It was refused: nothing in it has a name.
    if (!json.startsWith(before(from))) return whole
    const known = this.#renamedPayloads.get(to)
    if (known !== undefined) return known
    const value = json.slice(before(from).length, -after.length)
    const payload = { json: `${before(to)}${value}${after}`, readSet }
    this.#renamedPayloads.set(to, payload)
    return payload
  }
}
