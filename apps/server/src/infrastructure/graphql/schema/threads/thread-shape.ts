import { type Thread, threadIdOf } from '@cpc-messenger/messenger'
import type { ThreadShape } from '../root/object-refs.ts'

export function threadShapeOf(thread: Thread): ThreadShape
export function threadShapeOf(thread: Thread | undefined): ThreadShape | undefined
export function threadShapeOf(thread: Thread | undefined): ThreadShape | undefined {
  return thread && { ...thread, id: threadIdOf(thread.rootId) }
}
