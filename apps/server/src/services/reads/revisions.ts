import { type Message, type MessageRevision, revisionOf, type StoreReader } from '@cpc-messenger/messenger'

/** Versions of a message after `after`, the current one last: one more than `limit` if there are more. */
export const readRevisions = async (
  reader: StoreReader,
  message: Message,
  historyGeneration: number,
  { after = 0, limit }: { readonly after?: number | undefined; readonly limit: number },
): Promise<readonly MessageRevision[]> => {
  const stored = await reader.messages.revisions({ messageId: message.id, after, limit: limit + 1 })
  // The message may have been read before the revisions, and been edited meanwhile.
  const earlier = stored.filter(({ version }) => version < message.version)
  return message.version > after ? [...earlier, revisionOf(message, historyGeneration)] : earlier
}
