import { presencePerSubscription } from '@cpc-messenger/messenger'
import type { SignalItem } from '../../../../delivery/signals/signal-item.ts'
import { conversationSignalKinds } from '../../../../delivery/signals/signal-kinds.ts'
import { usersOfPresence } from '../../../../delivery/signals/users-of-presence.ts'
import { SignalSource } from '../../subscriptions/signal-source.ts'
import type { SourceItem } from '../../subscriptions/subscription-source.ts'
import { builder } from '../root/builder.ts'
import { conversationIdOf } from '../root/ids.ts'
import { PresenceChangedObject, SignalKindEnum, SignalUnion, ViewerSignalUnion } from './signals.ts'

/** Estimated memory of one user in a subscription to presence. */
const bytesOfUser = 1000

const itemOf = (item: SourceItem): SignalItem => {
  if (item.kind !== 'signal') throw new TypeError(`a ${item.kind} is not a signal`)
  return item
}

builder.subscriptionFields(t => ({
  conversationSignals: t.field({
    type: SignalUnion,
    description:
      'Typing, read and delivered markers and presence of one conversation, for its members. The present state comes first; users who are not in it do not type, and are OFFLINE. It completes when the viewer is no longer a member.',
    args: {
      conversationId: t.arg.id({ required: true, description: 'A conversation that the viewer is a member of.' }),
      kinds: t.arg({ type: [SignalKindEnum], description: 'Only signals of these kinds; absent: all.' }),
    },
    subscribe: (_root, { conversationId: text, kinds }, context) => {
      const conversationId = conversationIdOf(text)
      const wanted = new Set(kinds ?? conversationSignalKinds)
      return SignalSource.open(context, stream =>
        context.dependencies.signalService.followConversation(stream, context.actor, conversationId, wanted),
      )
    },
    resolve: itemOf,
  }),
  viewerSignals: t.field({
    type: ViewerSignalUnion,
    description:
      'What is private to the viewer, over all conversations and devices, and the profiles of those who share a conversation with the viewer. Query the present state after subscribing.',
    subscribe: (_root, _args, context) =>
      SignalSource.open(context, stream => context.dependencies.signalService.followViewer(stream, context.actor)),
    resolve: itemOf,
  }),
  presence: t.field({
    type: PresenceChangedObject,
    description:
      'Presence of users who share a conversation with the viewer; the present state comes first, one item for each user. Others and unknown ids are OFFLINE, with their id as displayName.',
    args: {
      userIds: t.arg.idList({ required: true, description: `Up to ${presencePerSubscription} users.` }),
    },
    subscribe: (_root, { userIds }, context) => {
      const wanted = usersOfPresence(userIds)
      const { dependencies, actor } = context
      return SignalSource.open(context, async stream => {
        const memory = dependencies.memory?.hold(actor.userId, bytesOfUser * wanted.size)
        if (memory !== undefined) stream.use(memory)
        await dependencies.signalService.followPresence(stream, actor, wanted)
      })
    },
    resolve: itemOf,
  }),
}))
