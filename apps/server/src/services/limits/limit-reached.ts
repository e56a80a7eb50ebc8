import { Refusal } from '@cpc-messenger/messenger'
import type { Meter } from '../telemetry/meter.ts'
import type { CapName, LimitName } from './limit-table.ts'

interface Retry {
  readonly retryAfterMs: number
  readonly ignored?: boolean
}

/** A refusal because there was too much at once: after a while it is taken. */
export class LimitReached extends Refusal {
  readonly limit: LimitName
  /** Refusals that came before did not slow this client down: it is not worth another answer at once. */
  readonly ignored: boolean

  constructor(limit: LimitName, message: string, { retryAfterMs, ignored = false }: Retry) {
    super('RATE_LIMITED', message, { retryAfterMs })
    this.limit = limit
    this.ignored = ignored
  }
}

/** Counts a refusal under the limit's name, and makes it. */
export const limitReached = (
  meter: Pick<Meter, 'limitReached'> | undefined,
  limit: LimitName,
  message: string,
  retry: Retry,
): LimitReached => {
  meter?.limitReached(limit)
  return new LimitReached(limit, message, retry)
}

/** One more would be too many: waiting does not help. Thrown by what decides, and counted by who carries that out. */
export class CapReached extends Refusal {
  readonly limit: CapName

  constructor(limit: CapName, message: string) {
    super('CONFLICT', message)
    this.limit = limit
  }
}
