import type { QueueNode } from '../streams/intrusive-queue.ts'
import { Cursor } from './cursor.ts'

/** A log that a stream follows, and what the stream remembers of it. */
export class FollowedLog extends Cursor implements QueueNode<FollowedLog> {
  /** Asked for by itself, and not only as one of an inbox's. */
  explicit = true
  /** It has been at the head, and that is told, or need not be. */
  live = false
  /** It may have something to take. */
  behind = false
  /** When its position was told last, in whole milliseconds of the monotonic clock. */
  positionAt = 0
  next: FollowedLog | undefined
}
