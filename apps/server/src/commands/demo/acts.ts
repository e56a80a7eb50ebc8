import type { Person } from './script.ts'

/** Where a scene is played: its conversation, its messages and their sequences, in the order of its lines. */
export interface Place {
  readonly conversationId: string
  readonly messageIds: readonly string[]
  readonly sequences: readonly number[]
}

/** What a user does once everything is said. Doing it again changes nothing. */
export interface Act {
  readonly by: Person
  readonly field:
    | 'setPresence'
    | 'updateViewerSettings'
    | 'markRead'
    | 'markAllRead'
    | 'followThread'
    | 'markThreadRead'
    | 'redactRevision'
    | 'setTyping'
  /** Undefined if the scene does not have what it is about. */
  input(placeOf: (scene: string) => Place): object | undefined
}

const inRoom =
  (scene: string, more: object) =>
  (placeOf: (scene: string) => Place): object => ({ conversationId: placeOf(scene).conversationId, ...more })

const onLine =
  (scene: string, line: number, more: (sequence: number) => object, key = 'rootMessageId') =>
  (placeOf: (scene: string) => Place): object | undefined => {
    const { messageIds, sequences } = placeOf(scene)
    const [messageId, sequence] = [messageIds[line], sequences[line]]
    return messageId === undefined || sequence === undefined ? undefined : { [key]: messageId, ...more(sequence) }
  }

const readTo = (scene: string, line: number) => (placeOf: (scene: string) => Place) => ({
  conversationId: placeOf(scene).conversationId,
  sequence: placeOf(scene).sequences[line] ?? 0,
})

export const acts: readonly Act[] = [
  { by: 'farid', field: 'setPresence', input: () => ({ status: 'AUTOMATIC', statusText: 'In a very rainy Hamburg' }) },
  {
    by: 'emi',
    field: 'setPresence',
    input: () => ({ status: 'DO_NOT_DISTURB', statusText: 'Screenshots until five' }),
  },
  { by: 'alice', field: 'updateViewerSettings', input: inRoom('launch', { pinned: true }) },
  { by: 'diego', field: 'updateViewerSettings', input: inRoom('general', { notifications: 'MENTIONS' }) },
  { by: 'ben', field: 'updateViewerSettings', input: inRoom('random', { archived: true }) },
  { by: 'chioma', field: 'markAllRead', input: () => ({}) },
  { by: 'diego', field: 'markRead', input: readTo('general', 8) },
  { by: 'alice', field: 'markRead', input: readTo('engineering', 12) },
  { by: 'alice', field: 'followThread', input: onLine('general', 2, () => ({ follow: true })) },
  { by: 'emi', field: 'markThreadRead', input: onLine('general', 2, sequence => ({ sequence })) },
  { by: 'ben', field: 'redactRevision', input: onLine('engineering', 18, () => ({ version: 1 }), 'messageId') },
  { by: 'farid', field: 'setTyping', input: inRoom('lunch', { typing: true }) },
]
