import type { Needs, UserId } from '@cpc-messenger/messenger'
import type { BatchState } from './batch-state.ts'
import type { TracedCommand } from './traced-command.ts'

/** A use case with its input, on its way to being carried out. */
export interface Command {
  /** Whose it is. */
  readonly userId: UserId
  readonly needs: Needs
  /** Where it is traced. */
  readonly traced?: TracedCommand | undefined
  /** Decides over the state and lays that over it; answers how to resolve once everything is durable. Throws a refusal. */
  decide(state: BatchState, at: number): () => void
  reject(reason: unknown): void
}

/**
 * What a command is about before anything else: a conversation, or what stands for one that may not exist yet. Commands
 * about the same keep their order.
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
