/**
 * Frames of the contract that this edition does not serve yet. Such a client frame is answered with an `Error` of code
 * BAD_USER_INPUT. The list shrinks to nothing.
 */
export const clientFramesLeftToLater = [
  'SubscribeThread',
  'UnsubscribeThread',
  'SubscribeSignals',
  'UnsubscribeSignals',
  'SubscribeViewerSignals',
  'UnsubscribeViewerSignals',
  'SubscribePresence',
  'UnsubscribePresence',
  'SetTyping',
  'SetPresence',
  'SetActive',
  'MarkRead',
  'MarkDelivered',
] as const

export const serverFramesLeftToLater = [
  'TypingStarted',
  'TypingStopped',
  'PresenceChanged',
  'ReadMarkerMoved',
  'ViewerConversationChanged',
  'ViewerThreadChanged',
  'UserChanged',
] as const

/** Fields of a message that come with threads. */
export const messageFieldsLeftToLater = ['threadRootId', 'alsoInConversation'] as const

export type ClientFrameLeftToLater = (typeof clientFramesLeftToLater)[number]
