import type { Ratio } from './ratio.ts'

/** How many of the expected deliveries arrived, over all measurements of one server. */
export interface Count {
  readonly what: string
  readonly wanted: number
  readonly missing: number
  readonly tooMany: number
}

/** The results of one part of the bench. */
export interface Figures {
  readonly ratios: readonly Ratio[]
  readonly counts: readonly Count[]
  /** Results that are not compared with anything: a sentence for each. */
  readonly notes?: readonly string[]
}

export const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

export const countOf = (what: string, wanted: number, came: number): Count => ({
  what,
  wanted,
  missing: Math.max(0, wanted - came),
  tooMany: Math.max(0, came - wanted),
})

export const together = (figures: readonly Figures[]): Figures => ({
  ratios: figures.flatMap(({ ratios }) => ratios),
  counts: figures.flatMap(({ counts }) => counts),
  notes: figures.flatMap(({ notes = [] }) => notes),
})
