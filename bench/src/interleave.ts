import { type Pair, type Ratio, ratioOf, type Unit } from './ratio.ts'

/** One figure for each unit, in the group's order. */
export type Measure = () => Promise<readonly number[]>

/** Lines that are compared with the same baseline. */
export interface Group {
  readonly units: readonly Unit[]
  readonly besides: string
  readonly beside: Measure
  readonly lines: readonly { readonly what: string; readonly measure: Measure }[]
}

interface Measurements {
  readonly beside: readonly number[]
  /** One for each line. */
  readonly lines: readonly (readonly number[])[]
}

const measureRound = async ({ beside, lines }: Group): Promise<Measurements> => {
  const figures = { beside: await beside(), lines: [] as (readonly number[])[] }
  for (const { measure } of lines) figures.lines.push(await measure())
  return figures
}

const pairOf = (round: Measurements, line: number, unit: number): Pair => {
  const [measured, beside] = [round.lines[line]?.[unit], round.beside[unit]]
  if (measured === undefined || beside === undefined) throw new RangeError('a line without its figure')
  return { measured, beside }
}

const ratiosOf = ({ units, besides, lines }: Group, rounds: readonly Measurements[]): readonly Ratio[] =>
  lines.flatMap(({ what }, line) =>
    units.map((unit, index) =>
      ratioOf(
        { what, unit, besides },
        rounds.map(round => pairOf(round, line, index)),
      ),
    ),
  )

/**
 * Measures every group once a round, so that other load on the machine affects all of them equally. A first round for
 * warming up does not count; if each measurement starts its own programs, there is no such round.
 */
export const interleave = async (
  groups: readonly Group[],
  rounds: number,
  tell: (line: string) => void,
  start: 'warming up' | 'cold' = 'warming up',
): Promise<readonly Ratio[]> => {
  if (groups.length === 0) return []
  const measured = groups.map((): Measurements[] => [])
  for (let round = start === 'cold' ? 1 : 0; round <= rounds; round += 1) {
    tell(round === 0 ? start : `round ${round} of ${rounds}`)
    for (const [index, group] of groups.entries()) {
      const figures = await measureRound(group)
      if (round > 0) measured[index]?.push(figures)
    }
  }
  return groups.flatMap((group, index) => ratiosOf(group, measured[index] ?? []))
}
