/** RFC 6455: a close reason has at most 123 bytes. */
const maxReasonBytes = 123
const maxWaitMs = 5000

/** The text if it fits into a close reason, otherwise the fallback. */
export const closeText = (text: string, fallback: string): string =>
  Buffer.byteLength(text) <= maxReasonBytes ? text : fallback

/** A random wait in milliseconds, so that clients do not all reconnect at once. */
export const spreadWaitMs = (): number => Math.round(Math.random() * maxWaitMs)
