/** In milliseconds. */
export interface Latency {
  readonly p50: number
  readonly p99: number
}

/** The percentile: so many of a hundred values are not greater. */
const percentile = (sorted: Float64Array, part: number): number => {
  const value = sorted[Math.max(0, Math.ceil((part / 100) * sorted.length) - 1)]
  if (value === undefined) throw new RangeError('a percentile of nothing')
  return value
}

export const latencyOf = (milliseconds: readonly number[]): Latency => {
  const sorted = Float64Array.from(milliseconds).sort()
  return { p50: percentile(sorted, 50), p99: percentile(sorted, 99) }
}
