import type { ConversationUser } from '@cpc-messenger/messenger'
import type { ReadSession } from '../statements/engine.ts'

const distinct = <Key>(keys: readonly Key[], textOf: (key: Key) => unknown): readonly Key[] => [
  ...new Map(keys.map(key => [textOf(key), key])).values(),
]

/** Tells pairs of a conversation and a user apart. */
export const pairText = ({ conversationId, userId }: ConversationUser): string => `${conversationId} ${userId}`

const itself = (key: unknown): unknown => key

/** Reads rows by any number of keys, `most` of them in a statement; all of one moment. `textOf` tells keys apart. */
export const readInSets = <Key, Row>(
  session: ReadSession,
  keys: readonly Key[],
  most: number,
  read: (session: ReadSession, keys: readonly Key[]) => Promise<readonly Row[]>,
  textOf: (key: Key) => unknown = itself,
): Promise<readonly Row[]> => {
  if (keys.length <= most) return read(session, keys)
  return session.together(async inner => {
    const rows: Row[] = []
    const wanted = distinct(keys, textOf)
    for (let start = 0; start < wanted.length; start += most)
      for (const row of await read(inner, wanted.slice(start, start + most))) rows.push(row)
    return rows
  })
}
