import { z } from 'zod'

export interface SettingDescription {
  readonly meaning: string
  readonly example: string
  readonly fallback?: string
  /** The setting contains a password or a key. Its value is never shown. */
  readonly secret?: true
}

export const wholeNumber = (min: number, max: number) => {
  const error = `must be a whole number from ${min} to ${max}`
  return z
    .string()
    .regex(/^\d{1,10}$/, { error, abort: true })
    .transform(Number)
    .refine(number => number >= min && number <= max, { error })
}

/** `parse` returns the value of the text, or `{ wrong }` with the reason why it is invalid. */
export const readAs = <Value>(parse: (text: string) => { readonly value: Value } | { readonly wrong: string }) =>
  z.string().transform((text, context): Value => {
    const read = parse(text)
    if ('value' in read) return read.value
    context.addIssue({ code: 'custom', message: read.wrong })
    return z.NEVER
  })
