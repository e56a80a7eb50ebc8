/**
 * Frames of the contract that this edition does not serve yet. Such a client frame is answered with an `Error` of code
 * BAD_USER_INPUT. The list shrinks to nothing.
 */
export const clientFramesNotImplemented = [
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

export const serverFramesNotImplemented = [
  'TypingStarted',
  'TypingStopped',
  'PresenceChanged',
  'ReadMarkerMoved',
  'ViewerConversationChanged',
  'ViewerThreadChanged',
  'UserChanged',
  'ViewerChanged',
  'DraftChanged',
  'ViewerListsChanged',
] as const

/** Fields of a message that come with threads, files, link previews and pins. */
export const messageFieldsNotImplemented = [
  'threadRootId',
  'alsoInConversation',
  'attachments',
  'linkPreviews',
  'pinnedAt',
  'pinnedById',
] as const

export type ClientFrameNotImplemented = (typeof clientFramesNotImplemented)[number]
