import type { ReadSet } from '../../../delivery/results/read-set.ts'

/** The JSON of a result. Subscribers of a shared execution get the same object, so that its frame is made once. */
export interface ResponsePayload {
  readonly json: string
  /** For events: validates whether the result may still be sent. */
  readonly readSet?: ReadSet | undefined
}
