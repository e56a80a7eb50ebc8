/**
 * Conversations are indexed by the minute of their last activity, not by its moment: of most messages the index need not
 * know, and in PostgreSQL a row whose indexed columns stay the same is changed without touching any of its indexes.
 */
export const activitySlotMs = 60_000

export const activitySlotOf = (lastActivityAt: number): number => Math.floor(lastActivityAt / activitySlotMs)
