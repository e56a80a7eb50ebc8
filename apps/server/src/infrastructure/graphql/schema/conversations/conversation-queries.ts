import { type Conversation, parseConversationId, parseMessageId } from '@cpc-messenger/messenger'
import type { Page } from '../../../../services/reads/page.ts'
import { connectionOf } from '../pagination/connections.ts'
import { type CursorList, instantAndIdAt, textAndIdAt } from '../pagination/cursors.ts'
import { pageLimit, pageSizeDescription } from '../pagination/page-arguments.ts'
import { builder } from '../root/builder.ts'
import { ConversationObject, MessageObject } from '../root/object-refs.ts'
import { ConversationConnectionObject, ConversationKindEnum } from './conversations.ts'

const ConversationFilterInput = builder.inputType('ConversationFilter', {
  description: 'Which conversations to list. Absent fields do not filter.',
  fields: t => ({
    archived: t.boolean({ description: 'true: only conversations that the viewer has archived; false: only others.' }),
    unread: t.boolean({
      description: 'true: only conversations with unread messages or mentions; false: only others.',
    }),
    kinds: t.field({ type: [ConversationKindEnum], description: 'Only conversations of these kinds.' }),
  }),
})

const conversationsList: CursorList = { kind: 'conversations', scope: '' }
const channelsList: CursorList = { kind: 'channels', scope: '' }

const pageOf = (
  { rows, hasMore }: Page<Conversation>,
  list: CursorList,
  previous: boolean,
  placeOf: (conversation: Conversation) => readonly (string | number)[],
) => connectionOf(rows, list, placeOf, { next: hasMore, previous })

builder.queryFields(t => ({
  conversation: t.field({
    type: ConversationObject,
    nullable: true,
    description: 'Null if it does not exist or the viewer may not see it; the two cannot be distinguished.',
    args: { id: t.arg.id({ required: true, description: 'The id of the conversation.' }) },
    resolve: (_root, { id }, { reading }) => {
      const conversationId = parseConversationId(id)
      return conversationId === undefined ? null : reading.conversation(conversationId)
    },
  }),
  conversationByKey: t.field({
    type: ConversationObject,
    nullable: true,
    description: 'The conversation with this integrator key; null if there is none that the viewer may see.',
    args: { key: t.arg.string({ required: true, description: 'The key, 1 to 128 characters.' }) },
    resolve: (_root, { key }, { reading }) => reading.conversationByKey(key),
  }),
  message: t.field({
    type: MessageObject,
    nullable: true,
    description: 'Null if it does not exist or the viewer may not see it.',
    args: { id: t.arg.id({ required: true, description: 'The id of the message.' }) },
    resolve: (_root, { id }, { reading }) => {
      const messageId = parseMessageId(id)
      return messageId === undefined ? null : reading.message(messageId)
    },
  }),
  conversations: t.field({
    type: ConversationConnectionObject,
    nullable: true,
    description: "The viewer's conversations, latest `lastActivityAt` first.",
    args: {
      first: t.arg.int({ description: pageSizeDescription() }),
      after: t.arg.string({ description: 'The page begins after this cursor.' }),
      filter: t.arg({ type: ConversationFilterInput, description: 'Which to list; absent: all.' }),
    },
    resolve: async (_root, { first, after, filter }, context) => {
      const place = after == null ? undefined : instantAndIdAt(after, conversationsList, 'after', parseConversationId)
      const page = await context.reading.conversations(
        {
          kinds: filter?.kinds ?? undefined,
          archived: filter?.archived ?? undefined,
          unread: filter?.unread ?? undefined,
        },
        {
          limit: pageLimit(context, first),
          after: place && { lastActivityAt: place.instant, id: place.id },
        },
      )
      return pageOf(page, conversationsList, place !== undefined, ({ lastActivityAt, id }) => [lastActivityAt, id])
    },
  }),
  channels: t.field({
    type: ConversationConnectionObject,
    nullable: true,
    description: 'Channels that anyone may join, sorted by name.',
    args: {
      first: t.arg.int({ description: pageSizeDescription() }),
      after: t.arg.string({ description: 'The page begins after this cursor.' }),
      search: t.arg.string({ description: 'Only channels whose name starts with this, ignoring case.' }),
    },
    resolve: async (_root, { first, after, search }, context) => {
      const place = after == null ? undefined : textAndIdAt(after, channelsList, 'after', parseConversationId)
      const page = await context.reading.channels({
        limit: pageLimit(context, first),
        search: search ?? undefined,
        after: place && { name: place.text, id: place.id },
      })
      return pageOf(page, channelsList, place !== undefined, ({ name, id }) => [name ?? '', id])
    },
  }),
}))
