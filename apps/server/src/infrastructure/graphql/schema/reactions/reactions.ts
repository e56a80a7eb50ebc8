import { type Reaction, reactionsPerMessage } from '@cpc-messenger/messenger'
import { viewerIndependent } from '../../subscriptions/viewer-independent.ts'
import { connectionObject } from '../pagination/connections.ts'
import type { CursorList } from '../pagination/cursors.ts'
import { builder } from '../root/builder.ts'
import { ReactionObject, type ReactionShape, ReactionSummaryObject, UserObject } from '../root/object-refs.ts'

builder.objectType(ReactionObject, {
  description: "One user's reaction: at most one for each message, user and emoji.",
  fields: t => ({
    messageId: t.exposeID('messageId', {
      extensions: viewerIndependent,
      description: 'The message that has the reaction.',
    }),
    emoji: t.exposeString('emoji', {
      extensions: viewerIndependent,
      description: `One emoji of Unicode (RGI), skin tones and joined sequences included; ${reactionsPerMessage} different ones on a message at most.`,
    }),
    user: t.field({
      extensions: viewerIndependent,
      type: UserObject,
      description: 'Who reacted.',
      resolve: ({ userId }, _args, { reading }) => reading.getUser(userId),
    }),
    createdAt: t.expose('createdAt', {
      extensions: viewerIndependent,
      type: 'DateTime',
      description: 'When the user reacted.',
    }),
  }),
})

builder.objectType(ReactionSummaryObject, {
  description: 'The number of users who reacted to a message with one emoji, and the first of them.',
  fields: t => ({
    emoji: t.exposeString('emoji', { extensions: viewerIndependent, description: 'One emoji of Unicode (RGI).' }),
    count: t.exposeInt('count', {
      extensions: viewerIndependent,
      description: 'The number of users who reacted with this emoji; at least 1.',
    }),
    viewerReacted: t.boolean({
      description: 'The viewer reacted with this emoji.',
      resolve: (summary, _args, { reading }) => reading.viewerReacted(summary),
    }),
    users: t.field({
      extensions: viewerIndependent,
      type: [UserObject],
      description: 'The first ten to react.',
      resolve: ({ messageId, emoji }, _args, { reading }) => reading.firstReactors(messageId, emoji),
    }),
  }),
})

export const ReactionConnectionObject = connectionObject<ReactionShape>('Reaction', 'reactions', (t, description) =>
  t.field({ type: ReactionObject, extensions: viewerIndependent, description, resolve: ({ node }) => node }),
)

export const reactorsList = (messageId: string, emoji: string | undefined): CursorList => ({
  kind: 'reactors',
  scope: `${messageId} ${emoji ?? ''}`,
})

export const placeOfReaction = ({ sequence }: Reaction): readonly number[] => [sequence]
