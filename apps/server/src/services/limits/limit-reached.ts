import { type ErrorCode, Refusal } from '@cpc-messenger/messenger'
import type { LimitName } from './limit-table.ts'

/** A refusal because of a limit. */
export class LimitReached extends Refusal {
  readonly limit: LimitName
  /** Refusals that came before did not slow this client down: it is not worth another answer at once. */
  readonly ignored: boolean

  constructor(
    limit: LimitName,
    message: string,
    {
      code = 'RATE_LIMITED',
      retryAfterMs,
      ignored = false,
    }: { readonly code?: ErrorCode; readonly retryAfterMs?: number; readonly ignored?: boolean },
  ) {
    super(code, message, retryAfterMs === undefined ? {} : { retryAfterMs })
    this.limit = limit
    this.ignored = ignored
  }
}

/** One more would be too many: waiting does not help. */
export const tooMany = (limit: LimitName, message: string): LimitReached =>
  new LimitReached(limit, message, { code: 'CONFLICT' })
