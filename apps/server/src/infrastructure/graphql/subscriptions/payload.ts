import type { ReadSet } from '../../../delivery/results/read-set.ts'

/** A result as it goes out. All who are sent the same have the same object, so that what is made of it is made once. */
export interface Payload {
  readonly json: string
  /** Of an event's: whether it may still go out is judged by it. */
  readonly readSet?: ReadSet | undefined
}
