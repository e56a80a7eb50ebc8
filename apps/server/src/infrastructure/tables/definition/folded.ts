/** The form in which names are compared and sorted: without differences in case, compatibility forms and final sigma. */
export const folded = (text: string): string => text.normalize('NFKC').toLowerCase().replaceAll('ς', 'σ')

/** In code point order, which is that of UTF-8 bytes in an index, unlike JavaScript's `<`. */
const laterOf = (one: string, other: string): string =>
  Buffer.compare(Buffer.from(one), Buffer.from(other)) < 0 ? other : one

interface FoldedPlace {
  readonly name: string
  readonly id: string
}

/** A range of an index over (folded name, id): from `from`, there after `afterId`, up to but not including `end`. */
export interface PrefixRange {
  readonly from: string
  readonly afterId: string
  readonly end: string
}

/** Names that begin with the prefix, after a place. It has one lower bound: of two an engine might use the smaller one. */
export const prefixRange = (prefix: string, after: FoldedPlace | undefined): PrefixRange => {
  const from = after === undefined ? prefix : laterOf(prefix, after.name)
  return { from, afterId: from === after?.name ? after.id : '', end: prefixEnd(prefix) }
}

/** Whether a folded text begins with the prefix. */
export const beginsWith = (text: string, prefix: string): boolean =>
  text.startsWith(prefix) && !text.startsWith(prefixEnd(prefix))

/** Greater than every text that begins with the prefix. */
export const prefixEnd = (prefix: string): string => `${prefix}\u{10FFFF}`
