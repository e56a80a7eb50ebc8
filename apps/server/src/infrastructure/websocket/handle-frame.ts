import { assertNever } from '@cpc-messenger/messenger'
import type { ClientFrame, ControlFrame } from '@cpc-messenger/protocol'
import type { MarkerFrames } from './marker-frames.ts'
import type { PresenceFrames } from './presence-frames.ts'
import type { SignalSubscriptions } from './signal-subscriptions.ts'
import type { Subscriptions } from './subscriptions.ts'

/** The subscriptions of one connection. */
export interface ConnectionSubscriptions {
  readonly events: Subscriptions
  readonly signals: SignalSubscriptions
  readonly presence: PresenceFrames
  readonly markers: MarkerFrames
}

type SubscriptionFrame = Exclude<ClientFrame, { readonly type: 'Authenticate' }>

/** Handles a frame of an authenticated connection, and returns the frames that answer it. */
export const handleFrame = async (
  frame: SubscriptionFrame,
  { events, signals, presence, markers }: ConnectionSubscriptions,
): Promise<readonly ControlFrame[]> => {
  switch (frame.type) {
    case 'Subscribe':
      return events.subscribe(frame)
    case 'SubscribeInbox':
      return events.subscribeInbox(frame)
    case 'SubscribeReactions':
      return events.parts.subscribeReactions(frame)
    case 'Unsubscribe':
      return events.unsubscribe(frame)
    case 'UnsubscribeInbox':
      return events.unsubscribeInbox(frame)
    case 'UnsubscribeReactions':
      return events.parts.unsubscribeReactions(frame)
    case 'SubscribeThread':
      return events.parts.subscribeThread(frame)
    case 'UnsubscribeThread':
      return events.parts.unsubscribeThread(frame)
    case 'SubscribeSignals':
      return signals.subscribe(frame)
    case 'UnsubscribeSignals':
      return signals.unsubscribe(frame)
    case 'SetPresence':
      return presence.setPresence(frame)
    case 'SetActive':
      return presence.setActive(frame)
    case 'SubscribeViewerSignals':
      return signals.subscribeViewer(frame)
    case 'UnsubscribeViewerSignals':
      return signals.unsubscribeViewer(frame)
    case 'SubscribePresence':
      return signals.subscribePresence(frame)
    case 'UnsubscribePresence':
      return signals.unsubscribePresence(frame)
    case 'SetTyping':
      return signals.setTyping(frame)
    case 'MarkRead':
      return markers.markRead(frame)
    case 'MarkDelivered':
      return markers.markDelivered(frame)
    default:
      return assertNever(frame)
  }
}
