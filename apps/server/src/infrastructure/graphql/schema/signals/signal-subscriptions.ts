import type { SignalItem } from '../../../../delivery/signals/signal-item.ts'
import { conversationSignalKinds } from '../../../../delivery/signals/signal-kinds.ts'
import { SignalSource } from '../../subscriptions/signal-source.ts'
import type { SourceItem } from '../../subscriptions/subscription-source.ts'
import { builder } from '../root/builder.ts'
import { conversationIdOf } from '../root/ids.ts'
import { SignalKindEnum, SignalUnion } from './signals.ts'

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
}))
