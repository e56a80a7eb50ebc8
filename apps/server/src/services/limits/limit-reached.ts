import { Refusal } from '@cpc-messenger/messenger'
import type { CapName, LimitName } from './limit-table.ts'

/** A refusal because there was too much at once: after a while it is taken. */
export class LimitReached extends Refusal {
  readonly limit: LimitName
  /** Refusals that came before did not slow this client down: it is not worth another answer at once. */
  readonly ignored: boolean

  constructor(
    limit: LimitName,
    message: string,
    { retryAfterMs, ignored = false }: { readonly retryAfterMs: number; readonly ignored?: boolean },
  ) {
    super('RATE_LIMITED', message, { retryAfterMs })
    this.limit = limit
    this.ignored = ignored
  }
}

/** One more would be too many: waiting does not help. Thrown by what decides, and counted by who carries that out. */
export class CapReached extends Refusal {
  readonly limit: CapName

  constructor(limit: CapName, message: string) {
    super('CONFLICT', message)
    this.limit = limit
  }
}
