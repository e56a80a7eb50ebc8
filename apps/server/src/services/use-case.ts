import type { Changes, ConversationId, EventBody, IdGenerator, Instant, Needs, UserId } from '@cpc-messenger/messenger'
import type { BatchState } from './batch-state.ts'

/** Who asks for a command or a read. */
export interface Actor {
  readonly userId: UserId
  /** An application's own server, acting as this user. */
  readonly service: boolean
}

export interface Limits {
  /** Characters in a message. */
  readonly textLength: number
}

/** An event before it has its number. */
export interface DraftEvent {
  readonly conversationId: ConversationId
  readonly body: EventBody
}

type DraftRows = Partial<Omit<Changes, 'events' | 'endedMemberships'>>

/**
 * What a command changes. The sequences that an event gives to its message, membership or reaction are filled in when it
 * is numbered: what stands there in a draft does not matter.
 */
export interface Draft extends DraftRows {
  readonly events?: readonly DraftEvent[]
}

export interface Decision<Result> {
  readonly draft: Draft
  /** Reads the answer from the rows as they stand at the end of the batch. */
  result(state: BatchState): Result
}

export interface DecisionContext {
  readonly actor: Actor
  readonly state: BatchState
  readonly at: Instant
  readonly ids: IdGenerator
  readonly limits: Limits
}

/** What a command must see, and what it decides from that: no I/O, no transaction. `decide` throws a `Refusal`. */
export interface UseCase<Input, Result> {
  /** The mutation's or frame's name. */
  readonly name: string
  needs(input: Input, actor: Actor): Needs
  decide(input: Input, context: DecisionContext): Decision<Result>
}

export const changed = <Result>(draft: Draft, result: (state: BatchState) => Result): Decision<Result> => ({
  draft,
  result,
})

export const unchanged = <Result>(result: (state: BatchState) => Result): Decision<Result> => ({ draft: {}, result })
