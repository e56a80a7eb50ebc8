import type { IdGenerator, Instant, Needs } from '@cpc-messenger/messenger'
import type { Actor } from '../identity/actor.ts'
import type { Charges } from '../limits/limit-table.ts'
import type { BatchState } from './batch-state.ts'
import type { Draft } from './draft.ts'

export interface Limits {
  /** Characters in a message. */
  readonly textLength: number
  /** The table of limits has the defaults. */
  readonly groupsPerUser?: number
  readonly membersPerGroup?: number
  readonly namedUsersPerUser?: number
}

export interface Decision<Result> {
  readonly draft: Draft
  /** Reads the result from the rows after the draft was applied, and before later commands run. */
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
 * What a command loads, and what it decides from that: no I/O and no transaction. Both methods throw a `Refusal`. The store
 * gets what `needs` returns unchanged, so `needs` refuses texts that cannot be stored.
 */
export interface UseCase<Input, Result> {
  /** The mutation's or frame's name. */
  readonly name: string
  needs(input: Input, actor: Actor): Needs
  /** Tokens of rate limits that it takes, in addition to one of `commands`. */
  charges?(input: Input): Charges
  decide(input: Input, context: DecisionContext): Decision<Result>
}

export const changed = <Result>(draft: Draft, result: (state: BatchState) => Result): Decision<Result> => ({
  draft,
  result,
})

export const unchanged = <Result>(result: (state: BatchState) => Result): Decision<Result> => ({ draft: {}, result })
