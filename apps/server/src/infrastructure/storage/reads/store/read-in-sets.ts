import type { ConversationUser } from '@cpc-messenger/messenger'
import type { ReadSession } from '../../statements/engine.ts'

const distinct = <Key>(keys: readonly Key[], textOf: (key: Key) => unknown): readonly Key[] => [
  ...new Map(keys.map(key => [textOf(key), key])).values(),
]

/** The identity of a pair of a conversation and a user. */
export const pairText = ({ conversationId, userId }: ConversationUser): string => `${conversationId} ${userId}`

const itself = (key: unknown): unknown => key

/** Reads rows by any number of keys, up to `max` in a statement, all in one snapshot. `textOf` is the identity of a key. */
export const readInSets = <Key, Row>(
  session: ReadSession,
  keys: readonly Key[],
  max: number,
  read: (session: ReadSession, keys: readonly Key[]) => Promise<readonly Row[]>,
  textOf: (key: Key) => unknown = itself,
): Promise<readonly Row[]> => {
  if (keys.length <= max) return read(session, keys)
  return session.together(async inner => {
    const rows: Row[] = []
    const wanted = distinct(keys, textOf)
    for (let start = 0; start < wanted.length; start += max)
      for (const row of await read(inner, wanted.slice(start, start + max))) rows.push(row)
    return rows
  })
}
