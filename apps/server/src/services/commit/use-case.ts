import type { IdGenerator, Instant, Needs } from '@cpc-messenger/messenger'
import type { Actor } from '../identity/actor.ts'
import type { Charges } from '../limits/limit-table.ts'
import type { BatchState } from './batch-state.ts'
import type { Draft } from './draft.ts'

export interface Limits {
  /** Characters in a message. */
  readonly textLength: number
  /** As the table of limits has them where they are left out. */
  readonly groupsPerUser?: number
  readonly membersPerGroup?: number
  readonly namedUsersPerUser?: number
}

export interface Decision<Result> {
  readonly draft: Draft
  /** Reads the answer from the rows as they stand once the draft is laid over them: what later commands do is not in it. */
  result(state: BatchState): Result
}

export interface DecisionContext {
  readonly actor: Actor
  readonly state: BatchState
  readonly at: Instant
  readonly ids: IdGenerator
  readonly limits: Limits
}

/**
 * What a command must see, and what it decides from that: no I/O, no transaction. Both throw a `Refusal`. What `needs`
 * answers goes to the store as it is: it refuses texts that no store can look for.
 */
export interface UseCase<Input, Result> {
  /** The mutation's or frame's name. */
  readonly name: string
  needs(input: Input, actor: Actor): Needs
  /** What it takes of rate limits, beside being a command. */
  charges?(input: Input): Charges
  decide(input: Input, context: DecisionContext): Decision<Result>
}

export const changed = <Result>(draft: Draft, result: (state: BatchState) => Result): Decision<Result> => ({
  draft,
  result,
})

export const unchanged = <Result>(result: (state: BatchState) => Result): Decision<Result> => ({ draft: {}, result })
