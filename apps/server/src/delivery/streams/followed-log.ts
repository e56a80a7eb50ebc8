import { Cursor } from '../log/cursor.ts'
import type { QueueNode } from './intrusive-queue.ts'

/** The cursor of a log in a stream, with the stream's state of it. */
export class FollowedLog extends Cursor implements QueueNode<FollowedLog> {
  /** Subscribed to by itself, not only as part of an inbox. */
  explicit = true
  /** The log has reached its head, and the stream has reported that if it has to. */
  live = false
  /** In the stream's queue: it may have something to take. */
  behind = false
  /** When its position was last reported, in whole milliseconds of the monotonic clock. */
  positionAt = 0
  next: FollowedLog | undefined
}
