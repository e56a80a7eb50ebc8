import { badInput } from './refusal.ts'

/** Characters are Unicode code points everywhere a limit speaks of them. */
export const lengthOf = (text: string): number => {
  let length = 0
  for (const _ of text) length += 1
  return length
}

export interface TextBounds {
  readonly field: string
  readonly min: number
  readonly max: number
}

/** Refuses what is blank, too long, holds a NUL or is not well-formed Unicode; answers the text as it came. */
export const requireText = (text: string, { field, min, max }: TextBounds): string => {
  if (text.includes('\0') || !text.isWellFormed())
    throw badInput(field, `${field} holds a NUL character or half of a surrogate pair.`)
  if (min > 0 && text.trim() === '') throw badInput(field, `${field} is empty.`)
  if (text.length > max && lengthOf(text) > max) throw badInput(field, `${field} has more than ${max} characters.`)
  return text
}
