import { assertNever } from '@cpc-messenger/messenger'
import type { ClientFrame, ControlFrame } from '@cpc-messenger/protocol'
import type { Subscriptions } from './subscriptions.ts'

type SubscriptionFrame = Exclude<ClientFrame, { readonly type: 'Authenticate' }>

/** Handles a frame of an authenticated connection, and returns the frames that answer it. */
export const handleFrame = async (
  frame: SubscriptionFrame,
  subscriptions: Subscriptions,
): Promise<readonly ControlFrame[]> => {
  switch (frame.type) {
    case 'Subscribe':
      return subscriptions.subscribe(frame)
    case 'SubscribeInbox':
      return subscriptions.subscribeInbox(frame)
    case 'SubscribeReactions':
      return subscriptions.subscribeReactions(frame)
    case 'Unsubscribe':
      return subscriptions.unsubscribe(frame)
    case 'UnsubscribeInbox':
      return subscriptions.unsubscribeInbox(frame)
    case 'UnsubscribeReactions':
      return subscriptions.unsubscribeReactions(frame)
    default:
      return assertNever(frame)
  }
}
