import { z } from 'zod'

/** The domain's `maxSequence`: a test compares the two. */
export const highestSequence = 2_147_483_647

/** Formats milliseconds since 1970 as RFC 3339 in UTC with milliseconds, `2026-11-22T08:15:30.123Z`, as the domain's `formatInstant` does: a test compares them. */
export const wireInstant = (at: number): string => new Date(at).toISOString()

export const wireInstantOrNull = (at: number | null): string | null => (at === null ? null : wireInstant(at))

export const instant = z.iso
  .datetime({ precision: 3 })
  .describe('An instant in UTC, RFC 3339 with milliseconds: 2026-11-22T08:15:30.123Z.')

export const conversationId = z
  .string()
  .regex(/^conv_/)
  .describe('The id of a conversation: conv_ and 26 characters.')
export const messageId = z.string().regex(/^msg_/).describe('The id of a message: msg_ and 26 characters.')
export const membershipId = z.string().regex(/^mem_/).describe('The id of a membership: mem_ and 26 characters.')
export const userId = z.string().min(1).max(128).describe("The id of a user: the sub claim of the user's token.")

export const sequence = z.int().min(1).max(highestSequence).describe('The number of an event in its conversation.')
/** Like `sequence`; 0 is the position before the first event. */
export const place = z.int().min(0).max(highestSequence)

export const epoch = z
  .string()
  .describe('Changes when the logs are restored from a backup: positions of another epoch are invalid.')

export const json = z.unknown().describe('Any JSON value, 4 KiB at most; null where there is none.')
