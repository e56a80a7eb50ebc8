const secondsOf: ReadonlyMap<string, number> = new Map([
  ['s', 1],
  ['m', 60],
  ['h', 3600],
  ['d', 86_400],
])
const maxSeconds = 3650 * 86_400

/** Parses `45s`, `30m`, `1h` or `7d`, from one second to ten years; undefined for anything else. */
export const parseDuration = (text: string): number | undefined => {
  const [, count, unit = ''] = /^(\d{1,9})([smhd])$/.exec(text) ?? []
  const seconds = Number(count) * (secondsOf.get(unit) ?? Number.NaN)
  return seconds >= 1 && seconds <= maxSeconds ? seconds : undefined
}
