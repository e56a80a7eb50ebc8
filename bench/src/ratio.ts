export const units = [
  'sends/s',
  'µs CPU',
  'deliveries/s',
  'requests/s',
  'connections/s',
  'KB',
  'MB',
  'ms p50',
  'ms p99',
] as const
export type Unit = (typeof units)[number]

/** One line of the table. */
export interface Ratio {
  readonly what: string
  readonly unit: Unit
  /** What it is compared with. */
  readonly besides: string
  /** Medians over the rounds; `ratio` is the median of the rounds' ratios. */
  readonly measured: number
  readonly beside: number
  readonly ratio: number
  readonly lowest: number
  readonly highest: number
}

/** Of one round, taken within seconds of each other. */
export interface Pair {
  readonly measured: number
  readonly beside: number
}

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((one, other) => one - other)
  const low = sorted[Math.ceil(sorted.length / 2) - 1]
  const high = sorted[Math.floor(sorted.length / 2)]
  if (low === undefined || high === undefined) throw new RangeError('a median of nothing')
  return (low + high) / 2
}

export const ratioOf = (line: Pick<Ratio, 'what' | 'unit' | 'besides'>, rounds: readonly Pair[]): Ratio => {
  const ratios = rounds.map(({ measured, beside }) => measured / beside)
  return {
    ...line,
    measured: median(rounds.map(({ measured }) => measured)),
    beside: median(rounds.map(({ beside }) => beside)),
    ratio: median(ratios),
    lowest: Math.min(...ratios),
    highest: Math.max(...ratios),
  }
}
