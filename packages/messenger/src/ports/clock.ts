import type { Instant } from '../instant.ts'

export interface Clock {
  /** Now. It may jump either way: no order depends on it. */
  now(): Instant
}
