import { Refusal } from '@cpc-messenger/messenger'
import type { Meter } from '../telemetry/meter.ts'
import type { CapName, LimitName } from './limit-table.ts'

interface Retry {
  readonly retryAfterMs: number
  readonly ignored?: boolean
}

/** Refuses a request that exceeds a rate. It succeeds when it is retried later. */
export class LimitReached extends Refusal {
  readonly limit: LimitName
  /** The client has ignored earlier refusals, so that the next answer may be delayed. */
  readonly ignored: boolean

  constructor(limit: LimitName, message: string, { retryAfterMs, ignored = false }: Retry) {
    super('RATE_LIMITED', message, { retryAfterMs })
    this.limit = limit
    this.ignored = ignored
  }
}

/** Counts a refusal under the limit's name, and returns it. */
export const limitReached = (
  meter: Pick<Meter, 'limitReached'> | undefined,
  limit: LimitName,
  message: string,
  retry: Retry,
): LimitReached => {
  meter?.limitReached(limit)
  return new LimitReached(limit, message, retry)
}

/** Refuses a command that exceeds an amount; retrying does not help. Use cases throw it, and the committer counts it. */
export class CapReached extends Refusal {
  readonly limit: CapName

  constructor(limit: CapName, message: string) {
    super('CONFLICT', message)
    this.limit = limit
  }
}
