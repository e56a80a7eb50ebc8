import type { Ratio } from './ratio.ts'

const figure = (value: number, { unit }: Ratio): string =>
  unit.endsWith('/s') ? Math.round(value).toLocaleString('en-US') : value.toFixed(2)

const cellsOf = (row: Ratio): readonly string[] => [
  row.what,
  row.unit,
  figure(row.measured, row),
  `${figure(row.beside, row)} ${row.besides}`,
  row.ratio.toFixed(2),
  `${row.lowest.toFixed(2)}–${row.highest.toFixed(2)}`,
]

const heads = ['what', 'unit', 'measured', 'beside it', 'ratio', 'lowest–highest']

/** A Markdown table: medians, and the ratios' spread over the rounds. */
export const tableOf = (rows: readonly Ratio[]): string => {
  const lines = [heads, ...rows.map(cellsOf)]
  const widths = heads.map((_, column) => Math.max(...lines.map(cells => cells[column]?.length ?? 0)))
  const lineOf = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  const rule = `| ${widths.map(width => '-'.repeat(width)).join(' | ')} |`
  return [lineOf(heads), rule, ...lines.slice(1).map(lineOf)].join('\n')
}
