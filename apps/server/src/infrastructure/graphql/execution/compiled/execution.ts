import {
  type FieldNode,
  type GraphQLError,
  locatedError,
  type ResponsePath,
  responsePathAsArray,
  type ValidatedExecutionArgs,
} from 'graphql'
import type { CpuAccount } from '../../../scheduling/cpu-account.ts'
import { fairScheduler } from '../../../scheduling/fair-scheduler.ts'
import type { AnswerLimits } from '../interface/answer-limits.ts'
import { abandon } from './abandon.ts'
import { JsonWriter } from './json-writer.ts'

const nothing = (): void => undefined

export const located = (error: unknown, nodes: readonly FieldNode[], path: ResponsePath): GraphQLError =>
  locatedError(error, nodes, responsePathAsArray(path))

const maxErrors = 100

/** One execution of a compiled operation: its pending values and its errors. */
export class Execution {
  readonly args: ValidatedExecutionArgs
  readonly context: unknown
  readonly errors: GraphQLError[] = []
  readonly text = JsonWriter.whole()
  readonly limits: AnswerLimits
  /** The account that is charged for the CPU time. */
  readonly account: CpuAccount
  #length = 0
  #items = 0
  #tooLarge = false
  #awaited = 0
  #onSettled = nothing

  constructor(args: ValidatedExecutionArgs, limits: AnswerLimits, account: CpuAccount) {
    this.args = args
    this.context = args.contextValue
    this.limits = limits
    this.account = account
  }

  /** Values are still awaited. */
  get unsettled(): boolean {
    return this.#awaited > 0 && !this.#tooLarge
  }

  /** The number of characters that were reported by `wrote`. */
  get length(): number {
    return this.#length
  }

  /** The execution was aborted because the response exceeds the limits. Nothing more is written. */
  get tooLarge(): boolean {
    return this.#tooLarge
  }

  /** Counts characters that were written. */
  wrote(length: number): void {
    this.#length += length
  }

  /** Called before each object: false if the answer is too large for it. */
  hasRoom(): boolean {
    if (this.#length > this.limits.bytes) this.#giveUp()
    return !this.#tooLarge
  }

  /** Called before each item of a list: false if the answer is too large for it. */
  hasRoomForItem(): boolean {
    this.#items += 1
    if (this.#items > this.limits.items) this.#giveUp()
    return this.hasRoom()
  }

  /** Resolves when no value is awaited any more. */
  settled(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#onSettled = resolve
    return promise
  }

  /** Calls `write` with the value of a promise; it writes into `part`, and may throw. */
  await(
    promise: PromiseLike<unknown>,
    part: JsonWriter,
    locate: (error: unknown) => GraphQLError,
    write: (value: unknown) => void,
  ): void {
    this.#awaited += 1
    const resume = (value: unknown): void => {
      try {
        if (part.counts) write(value)
        else abandon(value)
      } catch (error) {
        abandon(value)
        this.fail(locate(error), part)
      }
      this.#settle()
    }
    promise.then(
      value => {
        if (fairScheduler.step(this.account)) fairScheduler.defer(this.account, () => resume(value))
        else resume(value)
      },
      error => {
        this.fail(locate(error), part)
        this.#settle()
      },
    )
  }

  /** Calls `write` in a later turn of the event loop; it writes into `part`, and may throw. */
  defer(value: unknown, part: JsonWriter, locate: (error: unknown) => GraphQLError, write: () => void): void {
    this.#awaited += 1
    fairScheduler.defer(this.account, () => {
      try {
        if (part.counts) write()
        else abandon(value)
      } catch (error) {
        this.fail(locate(error), part)
      }
      this.#settle()
    })
  }

  /** Only the first errors are in the answer: each takes more than the value that it replaces. */
  addError(error: GraphQLError): void {
    if (this.errors.length < maxErrors) this.errors.push(error)
  }

  /** Replaces the nearest nullable position around the error by null. */
  fail(error: GraphQLError, { boundary }: JsonWriter): void {
    if (!boundary.counts) return
    this.addError(error)
    boundary.becomeNull()
  }

  #giveUp(): void {
    if (this.#tooLarge) return
    this.#tooLarge = true
    this.text.becomeNull()
    this.#onSettled()
  }

  #settle(): void {
    this.#awaited -= 1
    if (this.#awaited === 0) this.#onSettled()
  }
}
