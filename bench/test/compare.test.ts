import { expect, it } from 'vitest'
import { compareRuns, parseTable } from '../src/compare/compare-runs.ts'
import { ratioOf } from '../src/ratio.ts'
import { tableOf } from '../src/table.ts'

const printed = (...figures: readonly (readonly [what: string, measured: number])[]): string =>
  tableOf(
    figures.map(([what, measured]) => ratioOf({ what, unit: 'sends/s', besides: 'a peer' }, [{ measured, beside: 2 }])),
  )

it('reads back what the bench prints', () => {
  const run = parseTable(`2026-11-26, Node\n\n${printed(['one sender', 12_345])}\n\nanswered sends: 1, 0 missing`)
  expect([...run.values()]).toEqual([{ what: 'one sender', unit: 'sends/s', measured: 12_345 }])
})

it('compares each line that all runs have, pair by pair', () => {
  const rounds = [
    { before: parseTable(printed(['a', 100], ['gone', 1])), after: parseTable(printed(['a', 110], ['new', 1])) },
    { before: parseTable(printed(['a', 200])), after: parseTable(printed(['a', 180])) },
  ]
  expect(compareRuns(rounds)).toEqual([
    { what: 'a', unit: 'sends/s', besides: 'before', measured: 145, beside: 150, ratio: 1, lowest: 0.9, highest: 1.1 },
  ])
})
