import {
  everyoneMentionMembers,
  type MessageContent,
  mentionsPerMessage,
  textOf,
  type UserId,
} from '@cpc-messenger/messenger'
import { viewerIndependent } from '../../subscriptions/viewer-independent.ts'
import { builder } from '../root/builder.ts'
import { MessageContentInterface, UserObject } from '../root/object-refs.ts'

export const TextFormatEnum = builder.enumType('TextFormat', {
  description: 'The format of a text.',
  values: {
    PLAIN: { description: 'Plain text.' },
    MARKDOWN: { description: 'CommonMark. The server stores it unchanged and does not render it.' },
  } as const,
})

const SystemContentKindEnum = builder.enumType('SystemContentKind', {
  description: 'The kind of a system message.',
  values: {
    CONVERSATION_CREATED: { description: 'The conversation was created; `after` is its name.' },
    NAME_CHANGED: { description: 'It was renamed; `before` and `after` are the names.' },
    TOPIC_CHANGED: { description: 'Its topic was changed; `before` and `after` are the topics.' },
  } as const,
})

const typeNames = { text: 'TextContent', system: 'SystemContent', deleted: 'DeletedContent' } as const

const mentioned = (content: MessageContent): readonly UserId[] => (content.kind === 'text' ? content.mentionIds : [])

builder.interfaceType(MessageContentInterface, {
  description:
    'The content of a message. `text` is always present: the plain text for clients that do not know the type.',
  resolveType: ({ kind }) => typeNames[kind],
  fields: t => ({
    text: t.string({
      extensions: viewerIndependent,
      description: 'The text of the message; for a deleted message "[Deleted]".',
      resolve: textOf,
    }),
    mentions: t.field({
      extensions: viewerIndependent,
      type: [UserObject],
      description: `The members mentioned in the text as <@id>, in the order of their first mention; at most ${mentionsPerMessage}.`,
      resolve: (content, _args, { reading }) => mentioned(content).map(id => reading.getUser(id)),
    }),
    mentionsEveryone: t.boolean({
      extensions: viewerIndependent,
      description: `The text mentions all members, as <@everyone>. Allowed for moderators, and for members of conversations with at most ${everyoneMentionMembers} members.`,
      resolve: content => content.kind === 'text' && content.mentionsEveryone,
    }),
  }),
})

type ContentOf<Kind> = Extract<MessageContent, { readonly kind: Kind }>

builder.objectType(builder.objectRef<ContentOf<'text'>>('TextContent'), {
  description: 'A text written by a user.',
  interfaces: [MessageContentInterface],
  fields: t => ({
    format: t.field({
      extensions: viewerIndependent,
      type: TextFormatEnum,
      description: 'The format of the text.',
      resolve: ({ format }) => format,
    }),
  }),
})

builder.objectType(builder.objectRef<ContentOf<'system'>>('SystemContent'), {
  description: 'Written by the server, for example when a name changes.',
  interfaces: [MessageContentInterface],
  fields: t => ({
    kind: t.field({
      extensions: viewerIndependent,
      type: SystemContentKindEnum,
      description: 'What happened.',
      resolve: ({ system }) => system,
    }),
    subjects: t.field({
      extensions: viewerIndependent,
      type: [UserObject],
      description: 'The users concerned.',
      resolve: ({ subjectIds }, _args, { reading }) => subjectIds.map(id => reading.getUser(id)),
    }),
    before: t.exposeString('before', {
      extensions: viewerIndependent,
      nullable: true,
      description: 'The previous text, if any.',
    }),
    after: t.exposeString('after', {
      extensions: viewerIndependent,
      nullable: true,
      description: 'The new text, if any.',
    }),
  }),
})

builder.objectType(builder.objectRef<ContentOf<'deleted'>>('DeletedContent'), {
  description: 'The content of a deleted message: `text` is "[Deleted]".',
  interfaces: [MessageContentInterface],
})
