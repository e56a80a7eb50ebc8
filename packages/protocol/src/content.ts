import type { MessageContent } from '@cpc-messenger/messenger'
import { z } from 'zod'
import { assertNever } from './assert-never.ts'
import { userId } from './scalars.ts'

/** The `text` of a deleted message: the domain's `deletedMarker`. A test compares the two. */
export const deletedText = '[Deleted]'

const contentShape = {
  text: z.string().describe('The plain text, for clients that do not know this kind of content.'),
  mentionIds: z.array(userId).describe('The members named in the text as <@id>, in order of first mention.'),
  mentionsEveryone: z.boolean().describe('The text mentions all members, as <@everyone>.'),
}

const textContentSchema = z
  .object({
    kind: z.literal('text'),
    ...contentShape,
    format: z.enum(['PLAIN', 'MARKDOWN']),
  })
  .describe('Written by a user.')

const systemContentSchema = z
  .object({
    kind: z.literal('system'),
    ...contentShape,
    system: z.enum(['CONVERSATION_CREATED', 'NAME_CHANGED', 'TOPIC_CHANGED']).describe('What happened.'),
    subjectIds: z.array(userId).describe('The users concerned.'),
    before: z.string().nullable().describe('The value before the change, if it is a text.'),
    after: z.string().nullable().describe('The value after the change, if it is a text.'),
  })
  .describe('Written by the server: a name changed, for instance.')

const deletedContentSchema = z
  .object({ kind: z.literal('deleted'), ...contentShape })
  .describe('The content of a deleted message: text is the marker "[Deleted]".')

export const contentSchema = z
  .discriminatedUnion('kind', [textContentSchema, systemContentSchema, deletedContentSchema])
  .describe('The content of a message, a union by kind. A client that does not know the kind shows text.')

/** The content of a message, a union by `kind`. Every kind has `text`, `mentionIds` and `mentionsEveryone`. */
export type WireContent = z.infer<typeof contentSchema>

/** The wire form of a message's content. A kind of content without one does not compile. */
export const toWireContent = (content: MessageContent): WireContent => {
  switch (content.kind) {
    case 'text': {
      const { text, mentionIds, mentionsEveryone, format } = content
      return { kind: 'text', text, mentionIds: [...mentionIds], mentionsEveryone, format }
    }
    case 'system': {
      const { text, system, subjectIds, before, after } = content
      const noMentions = { mentionIds: [], mentionsEveryone: false }
      return { kind: 'system', text, ...noMentions, system, subjectIds: [...subjectIds], before, after }
    }
    case 'deleted':
      return { kind: 'deleted', text: deletedText, mentionIds: [], mentionsEveryone: false }
    default:
      return assertNever(content)
  }
}
