import { badInput } from '../refusal.ts'

/** In all limits, characters are Unicode code points. */
export const lengthOf = (text: string): number => {
  let length = 0
  for (const _ of text) length += 1
  return length
}

/**
 * A code point that is visible by itself. Invisible are white space, default-ignorable code points (joiners, variation
 * selectors, tags, Hangul fillers), controls and formats (except the few formats with a glyph, such as the Arabic number
 * signs), unpaired surrogates, noncharacters, and blank letters and symbols: U+2800, U+16FE4, U+13441, U+13442, U+1D159.
 */
const visible =
  /[^\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}\u2800\u{16FE4}\u{13441}\u{13442}\u{1D159}[\p{Cf}--[\u0600-\u0605\u06DD\u070F\u0890\u0891\u08E2\u{110BD}\u{110CD}]]]/v

/** Whether the text has a visible character. */
export const isVisible = (text: string): boolean => visible.test(text)

export interface TextBounds {
  readonly field: string
  readonly min: number
  readonly max: number
}

/** Refuses a text that has no visible character, is too long, contains a NUL or is not well-formed Unicode. Returns the text unchanged. */
export const requireText = (text: string, { field, min, max }: TextBounds): string => {
  if (!isStorable(text)) throw badInput(field, `${field} holds a NUL character or half of a surrogate pair.`)
  if (min > 0 && !isVisible(text)) throw badInput(field, `${field} is empty: it holds no visible character.`)
  if (text.length > max && lengthOf(text) > max) throw badInput(field, `${field} has more than ${max} characters.`)
  return text
}

/** Whether both engines can store the text. */
export const isStorable = (text: string): boolean => !text.includes('\0') && text.isWellFormed()

const lineBreakOrControl = /[\p{Cc}\p{Zl}\p{Zp}]/u
const bidiControl = /[\u202A-\u202E\u2066-\u2069]/g

/** The closing control of each opening one. */
const bidiEnds: ReadonlyMap<string, string> = new Map([
  ...['\u202A', '\u202B', '\u202D', '\u202E'].map(opening => [opening, '\u202C'] as const),
  ...['\u2066', '\u2067', '\u2068'].map(opening => [opening, '\u2069'] as const),
])

/** Whether every embedding, override and isolate is closed within the text, and no closing control is unmatched. */
const hasBalancedBidi = (text: string): boolean => {
  const open: string[] = []
  for (const [control] of text.matchAll(bidiControl)) {
    const end = bidiEnds.get(control)
    if (end !== undefined) open.push(end)
    else if (open.pop() !== control) return false
  }
  return open.length === 0
}

const lineFault = (text: string): string | undefined => {
  if (lineBreakOrControl.test(text)) return 'holds a line break or another control character: it is one line'
  if (!hasBalancedBidi(text)) return 'holds an unclosed or unmatched bidirectional control'
  return undefined
}

/**
 * One line that can be shown inside another text without changing how that is shown: no line break, no control character,
 * no bidirectional control without its counterpart.
 */
export const isLine = (text: string): boolean => lineFault(text) === undefined

/** Like `requireText`, for texts of one line: names and topics. */
export const requireLine = (text: string, bounds: TextBounds): string => {
  requireText(text, bounds)
  const fault = lineFault(text)
  if (fault !== undefined) throw badInput(bounds.field, `${bounds.field} ${fault}.`)
  return text
}
