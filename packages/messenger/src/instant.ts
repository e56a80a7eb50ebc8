/** Milliseconds since 1970-01-01T00:00:00Z. */
export type Instant = number

/** RFC 3339 in UTC with milliseconds: 2026-11-22T08:15:30.123Z. */
export const formatInstant = (at: Instant): string => new Date(at).toISOString()
