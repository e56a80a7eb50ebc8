import { type MessageContent, textOf, type UserId } from '@cpc-messenger/messenger'
import { viewerIndependent } from '../../subscriptions/viewer-independent.ts'
import { builder } from '../root/builder.ts'
import { MessageContentInterface, UserObject } from '../root/object-refs.ts'

export const TextFormatEnum = builder.enumType('TextFormat', {
  description: 'How a text is written.',
  values: {
    PLAIN: { description: 'As it stands.' },
    MARKDOWN: { description: 'CommonMark; the server stores it as it came and renders nothing.' },
  } as const,
})

const SystemContentKindEnum = builder.enumType('SystemContentKind', {
  description: 'What a message of the server is about.',
  values: {
    CONVERSATION_CREATED: { description: 'The conversation came to be; `after` is its name.' },
    NAME_CHANGED: { description: 'It was renamed; `before` and `after` are the names.' },
    TOPIC_CHANGED: { description: 'Its topic was changed; `before` and `after` are the topics.' },
  } as const,
})

const typeNames = { text: 'TextContent', system: 'SystemContent', deleted: 'DeletedContent' } as const

const mentioned = (content: MessageContent): readonly UserId[] => (content.kind === 'text' ? content.mentionIds : [])

builder.interfaceType(MessageContentInterface, {
  description:
    'What a message holds. `text` is always there: the plain text to show where a client knows nothing better.',
  resolveType: ({ kind }) => typeNames[kind],
  fields: t => ({
    text: t.string({
      extensions: viewerIndependent,
      description: 'The text of the message; of a deleted one the marker "[Deleted]".',
      resolve: textOf,
    }),
    mentions: t.field({
      extensions: viewerIndependent,
      type: [UserObject],
      description: 'The members named in the text as <@id>, in order of first mention; 50 at most.',
      resolve: (content, _args, { reading }) => mentioned(content).map(id => reading.getUser(id)),
    }),
    mentionsEveryone: t.boolean({
      extensions: viewerIndependent,
      description:
        'The text names everybody, as <@everyone>; moderators may, and members where the conversation has 50 or fewer.',
      resolve: content => content.kind === 'text' && content.mentionsEveryone,
    }),
  }),
})

type ContentOf<Kind> = Extract<MessageContent, { readonly kind: Kind }>

builder.objectType(builder.objectRef<ContentOf<'text'>>('TextContent'), {
  description: 'What somebody wrote.',
  interfaces: [MessageContentInterface],
  fields: t => ({
    format: t.field({
      extensions: viewerIndependent,
      type: TextFormatEnum,
      description: 'How the text is written.',
      resolve: ({ format }) => format,
    }),
  }),
})

builder.objectType(builder.objectRef<ContentOf<'system'>>('SystemContent'), {
  description: 'Written by the server: the conversation was created, a name changed.',
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
      description: 'Whom it is about.',
      resolve: ({ subjectIds }, _args, { reading }) => subjectIds.map(id => reading.getUser(id)),
    }),
    before: t.exposeString('before', {
      extensions: viewerIndependent,
      nullable: true,
      description: 'What stood before, where that is a text.',
    }),
    after: t.exposeString('after', {
      extensions: viewerIndependent,
      nullable: true,
      description: 'What stands after, where that is a text.',
    }),
  }),
})

builder.objectType(builder.objectRef<ContentOf<'deleted'>>('DeletedContent'), {
  description: 'What is left of a deleted message: `text` is the marker "[Deleted]".',
  interfaces: [MessageContentInterface],
})
