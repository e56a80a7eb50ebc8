import { assertNever } from '@cpc-messenger/messenger'
import { encodeServerFrame, type SignalFrame, wireInstantOrNull } from '@cpc-messenger/protocol'
import type { DeliveredSignal, SignalItem } from '../../delivery/signals/signal-item.ts'
import { textFrame } from '../sockets/text-frame.ts'

/** The wire form of a signal. */
export const toSignalFrame = (signal: DeliveredSignal): SignalFrame => {
  switch (signal.type) {
    case 'TypingStarted':
    case 'TypingStopped': {
      const { type, conversationId, threadRootId, userId } = signal
      return { type, conversationId, threadRootId, userId }
    }
    case 'PresenceChanged': {
      const { userId, status, statusText, statusExpiresAt, lastSeenAt } = signal.presence
      return {
        type: signal.type,
        userId,
        status,
        statusText,
        statusExpiresAt: wireInstantOrNull(statusExpiresAt),
        lastSeenAt: wireInstantOrNull(lastSeenAt),
      }
    }
    case 'ReadMarkerMoved': {
      const { type, conversationId, userId, readSequence, deliveredSequence } = signal
      return { type, conversationId, userId, readSequence, deliveredSequence }
    }
    case 'ViewerChanged': {
      const { type, presenceChoice, statusText, statusExpiresAt } = signal
      return { type, presenceChoice, statusText, statusExpiresAt: wireInstantOrNull(statusExpiresAt) }
    }
    case 'ViewerConversationChanged':
      return { type: signal.type, conversationId: signal.conversationId }
    case 'ViewerThreadChanged': {
      const { type, conversationId, rootMessageId } = signal
      return { type, conversationId, rootMessageId }
    }
    case 'UserChanged': {
      const { id: userId, displayName, avatarUrl } = signal.user
      return { type: signal.type, userId, displayName, avatarUrl }
    }
    default:
      return assertNever(signal)
  }
}

/** The encoded frames of signals, shared by all connections that are sent them in one tick. */
export class EncodedSignals {
  readonly #frames = new Map<SignalItem, Buffer>()
  #lastItem: SignalItem | undefined
  #lastFrame: Buffer = Buffer.alloc(0)

  frameOf(item: SignalItem): Buffer {
    if (item === this.#lastItem) return this.#lastFrame
    const frame = this.#frames.get(item) ?? this.#encode(item)
    this.#lastItem = item
    this.#lastFrame = frame
    return frame
  }

  #encode(item: SignalItem): Buffer {
    const frame = textFrame(encodeServerFrame(toSignalFrame(item.signal)))
    if (this.#frames.size === 0)
      setImmediate(() => {
        this.#frames.clear()
        this.#lastItem = undefined
      })
    this.#frames.set(item, frame)
    return frame
  }
}
