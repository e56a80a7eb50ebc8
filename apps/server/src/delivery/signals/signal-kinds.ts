/** The kinds of signals of a conversation that a subscriber can ask for. */
export const conversationSignalKinds = ['TYPING', 'READ_MARKERS', 'PRESENCE'] as const
export type ConversationSignalKind = (typeof conversationSignalKinds)[number]
