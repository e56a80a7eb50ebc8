/** The maximum size of one answer. */
export interface AnswerLimits {
  /** The size of the JSON in UTF-8. */
  readonly bytes: number
  /** The number of items in all lists. */
  readonly items: number
}

export const unlimited: AnswerLimits = { bytes: Number.POSITIVE_INFINITY, items: Number.POSITIVE_INFINITY }

/** The maximum number of bytes for each UTF-16 code unit. */
const bytesPerUnit = 3

export const isWithin = (text: string, { bytes }: AnswerLimits): boolean =>
  text.length * bytesPerUnit <= bytes || Buffer.byteLength(text) <= bytes

/** The number of items in all lists of a result. */
export const itemsIn = (value: unknown): number => {
  if (typeof value !== 'object' || value === null) return 0
  const inner = Object.values(value).reduce<number>((sum, each) => sum + itemsIn(each), 0)
  return inner + (Array.isArray(value) ? value.length : 0)
}
