import type { Instant } from '../../values/instant.ts'

export interface Clock {
  /** The current time. It may jump in both directions: no order depends on it. */
  now(): Instant
}
