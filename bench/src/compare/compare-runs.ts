import { type Pair, type Ratio, ratioOf, type Unit, units } from '../ratio.ts'

/** What one run of the bench has measured: figures by line. */
export type Run = ReadonlyMap<string, { readonly what: string; readonly unit: Unit; readonly measured: number }>

/** Reads the table that a run of the bench prints, of this version or an earlier one. */
export const parseTable = (printed: string): Run => {
  const run = new Map<string, { what: string; unit: Unit; measured: number }>()
  for (const line of printed.split('\n')) {
    const [, what = '', cell = '', figure = ''] = line.split('|').map(text => text.trim())
    const unit = units.find(name => name === cell)
    if (unit !== undefined) run.set(`${what}: ${unit}`, { what, unit, measured: Number(figure.replaceAll(',', '')) })
  }
  return run
}

/** One line for each that every run has: `measured` is after, `beside` is before. */
export const compareRuns = (rounds: readonly { readonly before: Run; readonly after: Run }[]): readonly Ratio[] =>
  [...(rounds[0]?.after ?? [])].flatMap(([key, { what, unit }]) => {
    const pairs = rounds.flatMap(({ before, after }): readonly Pair[] => {
      const [measured, beside] = [after.get(key)?.measured, before.get(key)?.measured]
      return measured === undefined || beside === undefined ? [] : [{ measured, beside }]
    })
    return pairs.length === rounds.length ? [ratioOf({ what, unit, besides: 'before' }, pairs)] : []
  })
