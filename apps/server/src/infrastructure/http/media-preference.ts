import { parseWeightedList, type WeightedElement } from './header-grammar.ts'

/** How much a client wants an answer of some media type. */
export interface Preference {
  /** From 0, which refuses, to 1. */
  readonly quality: number
  /** Which element of the header says so: what comes first is wanted more than what comes later with the same quality. */
  readonly rank: number
  /** It is named, and not only meant by `*`. */
  readonly named: boolean
}

const refused: Preference = { quality: 0, rank: Number.POSITIVE_INFINITY, named: false }

/** Answers are UTF-8; what else a range may ask for nothing here depends on. */
const suits = ({ parameters }: WeightedElement): boolean =>
  (parameters.get('charset') ?? 'utf-8').toLowerCase() === 'utf-8'

const specificity = ({ name }: WeightedElement, type: string): number => {
  if (name === type) return 3
  if (name === `${type.slice(0, type.indexOf('/'))}/*`) return 2
  return name === '*/*' ? 1 : 0
}

/** What an `Accept` header says of media types; an empty one says nothing. */
export class MediaPreferences {
  readonly #ranges: readonly WeightedElement[]

  constructor(accept: string) {
    this.#ranges = parseWeightedList(accept)
  }

  /** By the most specific range that `type` is in. */
  of(type: string): Preference {
    let best = refused
    let bestSpecificity = 0
    for (const [rank, range] of this.#ranges.entries()) {
      const specific = suits(range) ? specificity(range, type) : 0
      if (specific <= bestSpecificity) continue
      bestSpecificity = specific
      best = { quality: range.quality, rank, named: specific === 3 }
    }
    return best
  }
}

/** Negative where `one` is wanted more than `other`, and 0 where they are wanted as much. */
export const comparePreferences = (one: Preference, other: Preference): number =>
  other.quality - one.quality || (one.rank === other.rank ? 0 : one.rank - other.rank)
