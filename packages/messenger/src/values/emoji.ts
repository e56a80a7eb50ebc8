import { badInput } from '../refusal.ts'

const oneEmoji = /^\p{RGI_Emoji}$/v

/** One emoji that Unicode recommends for general interchange: skin tones, flags and joined sequences included. */
export const isEmoji = (text: string): boolean => text.length <= 64 && oneEmoji.test(text)

export const requireEmoji = (emoji: string): void => {
  if (!isEmoji(emoji)) throw badInput('emoji', 'emoji must be exactly one Unicode emoji.')
}
