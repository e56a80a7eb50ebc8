import type { Call, Calls, Handlers, Reply } from './calls.ts'

/** Makes this process answer calls of its parent process, and end with it. */
export const answerCalls = <C extends Calls>(handlers: Handlers<C>): void => {
  const answer = async ({ name, input }: Call): Promise<Reply> => {
    try {
      return { answer: await handlers[name]?.(input) }
    } catch (error) {
      return { failure: error instanceof Error ? (error.stack ?? error.message) : String(error) }
    }
  }
  process.on('message', message => {
    void answer(message as Call).then(reply => process.send?.(reply))
  })
  for (const end of ['disconnect', 'SIGTERM']) process.on(end, () => process.exit(0))
}
