import { messageText } from '../rooms/message-text.ts'

export interface MemoryMessage {
  readonly id: string
  readonly sequence: number
  readonly content: { readonly text: string }
  readonly authorId: string
}

interface MemoryUser {
  readonly id: string
  readonly displayName: string
}

interface MemoryReaction {
  readonly emoji: string
  readonly count: number
}

const users = new Map<string, MemoryUser>([['publisher', { id: 'publisher', displayName: 'publisher' }]])
const reactions = new Map<string, readonly MemoryReaction[]>()
let sequence = 0

/** The next message, as a server without a store holds it. */
export const nextMessage = (): MemoryMessage => {
  sequence += 1
  const id = `msg_${String(sequence).padStart(26, '0')}`
  return { id, sequence, content: { text: messageText }, authorId: 'publisher' }
}

export const authorOf = ({ authorId }: MemoryMessage): MemoryUser | undefined => users.get(authorId)

export const reactionsTo = ({ id }: MemoryMessage): readonly MemoryReaction[] => reactions.get(id) ?? []
