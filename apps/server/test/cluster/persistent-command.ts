import { setTimeout as after } from 'node:timers/promises'
import { type GraphQLAnswer, request, type Variables } from '../e2e/server/graphql-request.ts'
import type { Journal } from './journal.ts'

const patienceMs = 60_000
const retryMs = 50

export type Payload = Readonly<Record<string, unknown>>

export interface Command {
  readonly name: string
  readonly actor: string
  readonly token: string
  readonly query: string
  readonly variables: Variables
  /** Codes that a repeat may get where an earlier try was carried out and not answered. */
  readonly doneBefore?: readonly string[]
}

export interface Carried {
  readonly data: Payload
  readonly tries: number
}

export class CommandFault extends Error {
  override readonly name = 'CommandFault'
  readonly command: Command

  constructor(command: Command, problem: string) {
    super(`${command.actor}: ${command.name} ${JSON.stringify(command.variables)} ${problem}`)
    this.command = command
  }
}

/**
 * Sends the command to one node after the other until one answers. Only `UNAVAILABLE` and a broken connection are not answer;
 * any other refusal throws.
 */
export const persist = async (command: Command, anyNode: () => string, journal: Journal): Promise<Carried> => {
  const deadline = Date.now() + patienceMs
  for (let tries = 1; ; tries += 1) {
    const url = anyNode()
    const from = performance.now()
    const answer = await attempt(command, url)
    const codes = answer?.errors.map(error => error.extensions?.code ?? error.message) ?? []
    const outcome = answer === undefined ? 'no answer' : codes.join() || 'done'
    const tookMs = Math.round(performance.now() - from)
    journal.note(
      `${command.actor} ${command.name} ${JSON.stringify(command.variables)} try ${tries} at ${url}: ${outcome} in ${tookMs} ms`,
    )
    if (answer !== undefined && codes.length === 0) return { data: answer.data ?? {}, tries }
    if (tries > 1 && codes.length > 0 && codes.every(code => command.doneBefore?.includes(code)))
      return { data: {}, tries }
    if (codes.some(code => code !== 'UNAVAILABLE'))
      throw new CommandFault(command, `was refused at try ${tries}: ${JSON.stringify(answer?.errors)}`)
    if (Date.now() > deadline) throw new CommandFault(command, `was not answered in ${patienceMs} ms, ${tries} tries`)
    await after(retryMs)
  }
}

/** Undefined where no answer came: no one listened, the connection broke, or the answer was cut off. */
const attempt = async (command: Command, url: string): Promise<GraphQLAnswer<Payload> | undefined> => {
  try {
    return await Promise.race([
      request<Payload>(url, command.token, command.query, command.variables),
      after(patienceMs, undefined, { ref: false }).then(() => {
        throw new CommandFault(command, `got neither an answer nor an end from ${url} in ${patienceMs} ms`)
      }),
    ])
  } catch (error) {
    if (error instanceof TypeError || error instanceof SyntaxError) return undefined
    throw error
  }
}
