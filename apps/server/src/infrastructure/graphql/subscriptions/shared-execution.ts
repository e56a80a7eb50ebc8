import type { ResponsePayload } from './response-payload.ts'

/** A result under the response key of the operation that was executed; undefined if the result must not be shared. */
export type SharedResult = { readonly responseKey: string; readonly payload: ResponsePayload } | undefined

/** A subscription that waits for results. */
export interface ResultWaiter {
  /** The subscription takes no more results. */
  readonly closed: boolean
  /** Called when one of the awaited results may be ready. */
  resultReady(): void
}

const before = (responseKey: string): string => `{"data":{${JSON.stringify(responseKey)}:`
const after = '}}'

/**
 * The result of one execution for all subscriptions with the same selection, serialised once. Their response keys may
 * differ. The executor settles it; subscriptions wait for it, then read it.
 */
export class SharedExecution {
  readonly #renamedPayloads = new Map<string, ResponsePayload>()
  #waiters: ResultWaiter[] | undefined = []
  #result: SharedResult

  get settled(): boolean {
    return this.#waiters === undefined
  }

  /** False once something that the result shows is known to have changed. */
  get current(): boolean {
    return this.#result?.payload.readSet?.current !== false
  }

  /** At least one open subscription waits for it. */
  get isAwaited(): boolean {
    return this.#waiters?.some(({ closed }) => !closed) ?? false
  }

  /** Undefined until it is settled, and if the result must not be shared. */
  payloadFor(responseKey: string): ResponsePayload | undefined {
    if (this.#result === undefined) return undefined
    const { payload, ...made } = this.#result
    return made.responseKey === responseKey ? payload : this.#renamed(payload, made.responseKey, responseKey)
  }

  /** Call it only before the execution is settled. */
  addWaiter(waiter: ResultWaiter): void {
    this.#waiters?.push(waiter)
  }

  settle(result: SharedResult): void {
    this.#result = result
    const waiters = this.#waiters ?? []
    this.#waiters = undefined
    for (const waiter of waiters) waiter.resultReady()
  }

  #renamed(whole: ResponsePayload, from: string, to: string): ResponsePayload {
    const { json, readSet } = whole
    // An error: it contains no response key.
    if (!json.startsWith(before(from))) return whole
    const known = this.#renamedPayloads.get(to)
    if (known !== undefined) return known
    const value = json.slice(before(from).length, -after.length)
    const payload = { json: `${before(to)}${value}${after}`, readSet }
    this.#renamedPayloads.set(to, payload)
    return payload
  }
}
