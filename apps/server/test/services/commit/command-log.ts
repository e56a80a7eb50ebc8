import type { ConversationId, UserId } from '@cpc-messenger/messenger'
import type { Command } from '../../../src/services/commit/command.ts'
import { user } from '../../backend.ts'

/** A command with a number that identifies it. */
interface NumberedCommand extends Command {
  readonly number: number
}

let lastNumber = 0

export const commandOf = (name: string, conversation: string): NumberedCommand => {
  lastNumber += 1
  const userId: UserId = user(name)
  return {
    number: lastNumber,
    userId,
    needs: { conversations: [conversation as ConversationId] },
    decide: () => () => undefined,
    reject: () => undefined,
  }
}

export const conversationOf = ({ needs }: Command): string => needs.conversations?.[0] ?? ''

export const numbersOf = (commands: readonly Command[]): readonly number[] =>
  commands.map(command => (command as NumberedCommand).number)

interface Run {
  readonly commands: readonly Command[]
  finish(deferred: readonly Command[]): void
}

/** Records the batches that run, and finishes each when the test says so. */
export class CommandLog {
  /** Batches that have begun, the first one first. */
  readonly begun: (readonly number[])[] = []
  readonly open: Run[] = []

  readonly run = (commands: readonly Command[]): Promise<readonly Command[]> => {
    this.begun.push(numbersOf(commands))
    const { promise, resolve } = Promise.withResolvers<readonly Command[]>()
    this.open.push({ commands, finish: resolve })
    return promise
  }

  /** Finishes the oldest batch; `deferred` of its commands have to run again. */
  finish(deferred: readonly Command[] = []): void {
    const run = this.open.shift()
    if (run === undefined) throw new Error('no batch is running')
    run.finish(deferred)
  }
}
