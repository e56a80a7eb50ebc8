import type { SignalTopic } from '@cpc-messenger/messenger'

/** The topic as a text: equal for equal topics. */
export const signalTopicKey = (topic: SignalTopic): string => {
  switch (topic.kind) {
    case 'conversation':
      return `${topic.kind} ${topic.conversationId}`
    case 'private':
      return `${topic.kind} ${topic.userId}`
    case 'profiles':
      return topic.kind
  }
}
