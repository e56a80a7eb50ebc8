/** The form in which names are compared and sorted: case, compatibility forms and a final sigma do not count. */
export const folded = (text: string): string => text.normalize('NFKC').toLowerCase().replaceAll('ς', 'σ')

/** In the order of code points, which is that of UTF-8 bytes in an index and not that of JavaScript's `<`. */
const laterOf = (one: string, other: string): string =>
  Buffer.compare(Buffer.from(one), Buffer.from(other)) < 0 ? other : one

export interface FoldedPlace {
  readonly name: string
  readonly id: string
}

/** One stretch of an index over (folded name, id): from `from` on, there behind `afterId`, and below `end`. */
export interface PrefixRange {
  readonly from: string
  readonly afterId: string
  readonly end: string
}

/** What begins with the prefix and comes after a place. One lower bound, so that an engine cannot choose the lesser. */
export const prefixRange = (prefix: string, after: FoldedPlace | undefined): PrefixRange => {
  const from = after === undefined ? prefix : laterOf(prefix, after.name)
  return { from, afterId: from === after?.name ? after.id : '', end: prefixEnd(prefix) }
}

/** Whether what is folded already lies between the prefix and its end. */
export const beginsWith = (text: string, prefix: string): boolean =>
  text.startsWith(prefix) && !text.startsWith(prefixEnd(prefix))

/** Above every text that begins with the prefix. */
export const prefixEnd = (prefix: string): string => `${prefix}\u{10FFFF}`
