import { newUser, notFound } from '@cpc-messenger/messenger'
import type { DeliveredSignalType, SignalItem, SignalOf } from '../../../../delivery/signals/signal-item.ts'
import { viewerIndependent } from '../../subscriptions/viewer-independent.ts'
import { builder } from '../root/builder.ts'
import { ConversationObject, MembershipObject, ThreadObject, UserObject, ViewerObject } from '../root/object-refs.ts'
import { threadShapeOf } from '../threads/thread-shape.ts'
import type { UserWithPresence } from '../users/presence.ts'

/** The signal of an item, which must be of one of these types. */
const signalOf = <Type extends DeliveredSignalType>(
  { signal }: SignalItem,
  ...types: readonly Type[]
): SignalOf<Type> => {
  for (const type of types) if (signal.type === type) return signal as SignalOf<Type>
  throw new TypeError(`a ${signal.type} is not a ${types.join(' or ')}`)
}

const typingSignal = (name: 'TypingStarted' | 'TypingStopped', description: string) =>
  builder.objectType(builder.objectRef<SignalItem>(name), {
    description,
    fields: t => ({
      conversationId: t.id({
        extensions: viewerIndependent,
        description: 'The conversation.',
        resolve: item => signalOf(item, 'TypingStarted', 'TypingStopped').conversationId,
      }),
      threadRootId: t.id({
        extensions: viewerIndependent,
        nullable: true,
        description: 'The thread in which the user types; null: the conversation itself.',
        resolve: item => signalOf(item, 'TypingStarted', 'TypingStopped').threadRootId,
      }),
      user: t.field({
        extensions: viewerIndependent,
        type: UserObject,
        description: 'The user.',
        resolve: (item, _args, { dependencies }) =>
          dependencies.signalService.user(signalOf(item, 'TypingStarted', 'TypingStopped').userId),
      }),
    }),
  })

const TypingStartedObject = typingSignal(
  'TypingStarted',
  'A user began to type. At most five users are shown in each place, and each changes at most once in two seconds.',
)
const TypingStoppedObject = typingSignal(
  'TypingStopped',
  'A user no longer types. A message that the user sends there says the same.',
)

export const PresenceChangedObject = builder.objectType(builder.objectRef<SignalItem>('PresenceChanged'), {
  description: "A user's presence changed.",
  fields: t => ({
    user: t.field({
      extensions: viewerIndependent,
      type: UserObject,
      description: 'The user, with the new presence.',
      resolve: (item, _args, { dependencies }): UserWithPresence | Promise<UserWithPresence> => {
        const { presence, isHidden } = signalOf(item, 'PresenceChanged')
        const user = isHidden ? newUser(presence.userId, 0) : dependencies.signalService.user(presence.userId)
        return user instanceof Promise ? user.then(read => ({ ...read, presence })) : { ...user, presence }
      },
    }),
  }),
})

const ReadMarkerMovedObject = builder.objectType(builder.objectRef<SignalItem>('ReadMarkerMoved'), {
  description: "A member's read or delivered marker moved; sent in conversations of up to 100 members.",
  fields: t => ({
    conversationId: t.id({
      extensions: viewerIndependent,
      description: 'The conversation.',
      resolve: item => signalOf(item, 'ReadMarkerMoved').conversationId,
    }),
    membership: t.field({
      extensions: viewerIndependent,
      type: MembershipObject,
      description: 'The member, with the markers as they are at delivery.',
      resolve: (item, _args, { reading }) => {
        const { conversationId, userId } = signalOf(item, 'ReadMarkerMoved')
        return reading.getMember(conversationId, userId)
      },
    }),
  }),
})

const ViewerChangedObject = builder.objectType(builder.objectRef<SignalItem>('ViewerChanged'), {
  description: "The viewer's own profile, presence choice or status changed, on this device or another one.",
  fields: t => ({
    viewer: t.field({
      type: ViewerObject,
      description: 'The viewer.',
      resolve: (_item, _args, { reading }) => reading.viewer,
    }),
  }),
})

const ViewerConversationChangedObject = builder.objectType(builder.objectRef<SignalItem>('ViewerConversationChanged'), {
  description: 'Something private to the viewer changed in a conversation: counts, markers or settings.',
  fields: t => ({
    conversation: t.field({
      type: ConversationObject,
      description: 'The conversation as it is at delivery.',
      resolve: (item, _args, { reading }) =>
        reading.requireConversation(signalOf(item, 'ViewerConversationChanged').conversationId),
    }),
  }),
})

const ViewerThreadChangedObject = builder.objectType(builder.objectRef<SignalItem>('ViewerThreadChanged'), {
  description:
    'Something private to the viewer changed in a thread: whether they follow it, or their marker. It is not sent for each reply: clients count those.',
  fields: t => ({
    thread: t.field({
      type: ThreadObject,
      description: 'The thread as it is at delivery.',
      resolve: async (item, _args, { reading }) => {
        const thread = await reading.threads.byRoot(signalOf(item, 'ViewerThreadChanged').rootMessageId)
        if (thread === undefined) throw notFound('thread')
        return threadShapeOf(thread)
      },
    }),
  }),
})

const UserChangedObject = builder.objectType(builder.objectRef<SignalItem>('UserChanged'), {
  description: 'The profile of a user who shares a conversation with the viewer changed.',
  fields: t => ({
    user: t.field({
      extensions: viewerIndependent,
      type: UserObject,
      description: 'The user, with the new profile.',
      resolve: item => signalOf(item, 'UserChanged').user,
    }),
  }),
})

export const ViewerSignalUnion = builder.unionType('ViewerSignal', {
  description:
    'Something that only the viewer sees changed; a later signal of the same kind and subject replaces an earlier one.',
  types: [ViewerChangedObject, ViewerConversationChangedObject, ViewerThreadChangedObject, UserChangedObject],
  resolveType: ({ signal }) => signal.type,
})

export const SignalKindEnum = builder.enumType('SignalKind', {
  description: 'What a subscriber to the signals of a conversation can ask for.',
  values: {
    TYPING: { description: 'Who types, in the conversation and its threads.' },
    READ_MARKERS: { description: "The members' read and delivered markers, in conversations of up to 100 members." },
    PRESENCE: { description: 'The presence of the members, in conversations of up to 5,000 members.' },
  } as const,
})

export const SignalUnion = builder.unionType('Signal', {
  description:
    'The latest state of something. A later signal replaces an earlier one, and a slow client may miss those between.',
  types: [TypingStartedObject, TypingStoppedObject, PresenceChangedObject, ReadMarkerMovedObject],
  resolveType: ({ signal }) => signal.type,
})
