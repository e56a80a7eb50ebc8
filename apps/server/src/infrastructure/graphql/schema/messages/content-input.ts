import { builder } from '../root/builder.ts'
import { TextFormatEnum } from './message-content.ts'

const TextContentInput = builder.inputType('TextContentInput', {
  description: 'A text.',
  fields: t => ({
    text: t.string({
      required: true,
      description:
        '1 to `server.limits.textLength` characters. At least one must be visible; NUL characters and unpaired surrogates are not allowed.',
    }),
    format: t.field({
      type: TextFormatEnum,
      required: true,
      defaultValue: 'PLAIN',
      description: 'The format of the text.',
    }),
  }),
})

export const MessageContentInput = builder.inputType('MessageContentInput', {
  description: 'Exactly one of its fields.',
  isOneOf: true,
  fields: t => ({ text: t.field({ type: TextContentInput, description: 'A text.' }) }),
})
