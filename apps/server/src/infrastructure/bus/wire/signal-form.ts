import { maxSequence, type Signal, type SignalKey, type SignalKind, type SignalTopic } from '@cpc-messenger/messenger'
import { conversationId, messageId, userId } from '../../tables/definition/codec.ts'
import { hasShape, isOneOf, isRecord, isWhole, orNull, type TypeGuard } from '../../tables/definition/shape.ts'
import { parsePayload } from './parse-payload.ts'

type KeyOf<Kind extends SignalKind> = Extract<SignalKey, { readonly kind: Kind }>

const isInstant = isWhole(0)
const isMarker = isWhole(0, maxSequence)

/** A key of this kind: `rest` has its other properties. */
const isKey = <Kind extends SignalKind>(
  kind: Kind,
  rest: { readonly [Property in Exclude<keyof KeyOf<Kind>, 'kind'>]: TypeGuard },
): TypeGuard => hasShape({ kind: isOneOf([kind]), ...rest })

const user = { userId: userId.is }
const member = { conversationId: conversationId.is, ...user }

/** The signals of each kind; no other node publishes presence here, because `PresenceRegistry` carries it. */
const shapes: Readonly<Record<SignalKind, TypeGuard | undefined>> = {
  typing: hasShape({
    key: isKey('typing', { ...member, threadRootId: orNull(messageId.is) }),
    expiresAt: orNull(isInstant),
  }),
  markers: hasShape({ key: isKey('markers', member), read: isMarker, delivered: isMarker }),
  presence: undefined,
  profile: hasShape({ key: isKey('profile', user) }),
  viewer: hasShape({ key: isKey('viewer', user) }),
  viewerConversation: hasShape({
    key: isKey('viewerConversation', member),
    markers: orNull(hasShape({ read: isMarker, delivered: isMarker })),
  }),
  viewerThread: hasShape({ key: isKey('viewerThread', { ...member, threadRootId: messageId.is }) }),
}

const shapeOfKind = new Map<unknown, TypeGuard | undefined>(Object.entries(shapes))

const isSignal = (value: unknown): value is Signal =>
  isRecord(value) && isRecord(value.key) && shapeOfKind.get(value.key.kind)?.(value) === true

/** Whether signals of this key belong to the topic. A message of one topic that is sent again in another one is invalid. */
const belongsTo = (key: SignalKey, topic: SignalTopic): boolean => {
  switch (key.kind) {
    case 'typing':
    case 'markers':
      return topic.kind === 'conversation' && key.conversationId === topic.conversationId
    case 'viewer':
    case 'viewerConversation':
    case 'viewerThread':
      return topic.kind === 'private' && key.userId === topic.userId
    case 'profile':
      return topic.kind === 'profiles'
    case 'presence':
      return false
  }
}

export const encodeSignal = (signal: Signal): Uint8Array => Buffer.from(JSON.stringify({ signal }))

/** Undefined if the format is unknown or the signal is not of the topic. */
export const decodeSignal = (bytes: Uint8Array, topic: SignalTopic): Signal | undefined => {
  const signal = parsePayload(bytes)?.signal
  return isSignal(signal) && belongsTo(signal.key, topic) ? signal : undefined
}
