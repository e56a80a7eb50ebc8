import type { Needs, UserId } from '@cpc-messenger/messenger'
import type { BatchState } from './batch-state.ts'
import type { TracedCommand } from './traced-command.ts'

/** A use case with its input, waiting to be run. */
export interface Command {
  /** The user who sent it. */
  readonly userId: UserId
  readonly needs: Needs
  /** Present if the request is traced. */
  readonly traced?: TracedCommand | undefined
  /** Decides, and applies the decision to the state. Returns a function that resolves the command; call it once the batch is durable. Throws a refusal. */
  decide(state: BatchState, at: number): () => void
  reject(reason: unknown): void
}

/**
 * The subject of a command: its conversation, or a key for a conversation that may not exist yet. Commands about one subject
 * run in order.
 */
export const subjectOf = ({ conversations, directPairs, idempotencyKeys, conversationKeys, users }: Needs): string => {
  const [key] = idempotencyKeys ?? []
  return (
    conversations?.[0] ??
    directPairs?.[0] ??
    (key === undefined ? undefined : `${key.userId} ${key.key}`) ??
    conversationKeys?.[0] ??
    users?.[0] ??
    ''
  )
}
