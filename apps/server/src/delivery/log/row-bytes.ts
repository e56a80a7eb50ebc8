import type { Conversation, FirstReactors, Json, Membership, Message, ReactionSummary } from '@cpc-messenger/messenger'

/** Estimates of the memory of an event and a row without texts: objects, ids and map entries. Rather too high than too low. */
export const eventBytes = 400
const rowBytes = 800

/** Strings take one or two bytes for each character. */
const textBytes = (...texts: readonly (string | null)[]): number =>
  texts.reduce((sum, text) => sum + 2 * (text?.length ?? 0), 0)
const jsonBytes = (json: Json): number => (json === null ? 0 : textBytes(JSON.stringify(json)))
const listBytes = (texts: readonly string[]): number => textBytes(...texts) + 16 * texts.length

export const messageBytes = ({ content, metadata }: Message): number => {
  const bytes = rowBytes + jsonBytes(metadata)
  if (content.kind === 'text') return bytes + textBytes(content.text) + listBytes(content.mentionIds)
  if (content.kind === 'system')
    return bytes + textBytes(content.text, content.before, content.after) + listBytes(content.subjectIds)
  return bytes
}

export const membershipBytes = (_: Membership): number => rowBytes

export const conversationBytes = ({ name, topic, key, metadata }: Conversation): number =>
  rowBytes + textBytes(name, topic, key) + jsonBytes(metadata)

interface KnownReactions {
  readonly summaries?: readonly ReactionSummary[]
  readonly reactors?: readonly FirstReactors[]
}

export const reactionsBytes = ({ summaries = [], reactors = [] }: KnownReactions): number =>
  reactors.reduce(
    (sum, { userIds }) => sum + 200 + listBytes(userIds),
    summaries.reduce((sum, { emoji }) => sum + 200 + textBytes(emoji), 100),
  )
