/**
 * Conversations are indexed by the minute of their last activity, so that most messages do not change the index. In PostgreSQL a row
 * whose indexed columns do not change is updated without touching any index.
 */
export const activitySlotMs = 60_000

export const activitySlotOf = (lastActivityAt: number): number => Math.floor(lastActivityAt / activitySlotMs)
