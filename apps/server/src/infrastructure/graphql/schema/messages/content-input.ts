import { builder } from '../root/builder.ts'
import { TextFormatEnum } from './message-content.ts'

const TextContentInput = builder.inputType('TextContentInput', {
  description: 'A text to send.',
  fields: t => ({
    text: t.string({
      required: true,
      description:
        '1 character to as many as `server.limits.textLength` says; something of it must show, and none of it is a NUL character or half of a surrogate pair.',
    }),
    format: t.field({
      type: TextFormatEnum,
      required: true,
      defaultValue: 'PLAIN',
      description: 'How the text is written.',
    }),
  }),
})

export const MessageContentInput = builder.inputType('MessageContentInput', {
  description: 'Exactly one of its fields.',
  isOneOf: true,
  fields: t => ({ text: t.field({ type: TextContentInput, description: 'A text.' }) }),
})
