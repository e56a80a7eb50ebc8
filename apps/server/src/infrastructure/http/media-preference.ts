import { parseWeightedList, type WeightedElement } from './header-grammar.ts'

/** A client's preference for one media type. */
export interface Preference {
  /** From 0 (not acceptable) to 1. */
  readonly quality: number
  /** The index of the element in the header: of equal qualities, the earlier one is preferred. */
  readonly rank: number
  /** The header names the type; it does not only match by `*`. */
  readonly named: boolean
}

const refused: Preference = { quality: 0, rank: Number.POSITIVE_INFINITY, named: false }

/** Answers are UTF-8. Other parameters of a range make no difference. */
const suits = ({ parameters }: WeightedElement): boolean =>
  (parameters.get('charset') ?? 'utf-8').toLowerCase() === 'utf-8'

const specificity = ({ name }: WeightedElement, type: string): number => {
  if (name === type) return 3
  if (name === `${type.slice(0, type.indexOf('/'))}/*`) return 2
  return name === '*/*' ? 1 : 0
}

/** The media types that an `Accept` header prefers; an empty one accepts none. */
export class MediaPreferences {
  readonly #ranges: readonly WeightedElement[]

  constructor(accept: string) {
    this.#ranges = parseWeightedList(accept)
  }

  /** The preference of the most specific range that contains `type`. */
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

/** Negative if `one` is preferred to `other`, 0 if neither is. */
export const comparePreferences = (one: Preference, other: Preference): number =>
  other.quality - one.quality || (one.rank === other.rank ? 0 : one.rank - other.rank)
