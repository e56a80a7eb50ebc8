import {
  type FieldNode,
  type GraphQLError,
  locatedError,
  type ResponsePath,
  responsePathAsArray,
  type ValidatedExecutionArgs,
} from 'graphql'
import { abandon } from './abandon.ts'
import type { AnswerText } from './answer-text.ts'

const nothing = (): void => undefined

export const located = (error: unknown, nodes: readonly FieldNode[], path: ResponsePath): GraphQLError =>
  locatedError(error, nodes, responsePathAsArray(path))

/** One run of a compiled operation: what is still awaited, and what went wrong. */
export class Execution {
  readonly args: ValidatedExecutionArgs
  readonly context: unknown
  readonly errors: GraphQLError[] = []
  #awaited = 0
  #onSettled = nothing

  constructor(args: ValidatedExecutionArgs) {
    this.args = args
    this.context = args.contextValue
  }

  /** Something is still awaited. */
  get unsettled(): boolean {
    return this.#awaited > 0
  }

  /** Resolves when nothing is awaited any more. */
  settled(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#onSettled = resolve
    return promise
  }

  /** Calls `write` with a value that is not there yet; it writes into `part`, and may throw. */
  await(
    promise: PromiseLike<unknown>,
    part: AnswerText,
    locate: (error: unknown) => GraphQLError,
    write: (value: unknown) => void,
  ): void {
    this.#awaited += 1
    promise.then(
      value => {
        try {
          if (part.counts) write(value)
          else abandon(value)
        } catch (error) {
          abandon(value)
          this.fail(locate(error), part)
        }
        this.#settle()
      },
      error => {
        this.fail(locate(error), part)
        this.#settle()
      },
    )
  }

  /** Null takes the place of whatever is nearest around the error and may be null. */
  fail(error: GraphQLError, { boundary }: AnswerText): void {
    if (!boundary.counts) return
    this.errors.push(error)
    boundary.becomeNull()
  }

  #settle(): void {
    this.#awaited -= 1
    if (this.#awaited === 0) this.#onSettled()
  }
}
