import fc from 'fast-check'
import type { GraphQLSchema } from 'graphql'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Answer } from '../../../src/infrastructure/graphql/execution/interface/answer.ts'
import { guardRootFields } from '../../../src/infrastructure/graphql/operations/guard-root-fields.ts'
import { OperationRunner } from '../../../src/infrastructure/graphql/operations/operation-runner.ts'
import { buildGraphQLSchema } from '../../../src/infrastructure/graphql/schema/schema.ts'
import { CpuAccount } from '../../../src/infrastructure/scheduling/cpu-account.ts'
import { GraphQLServer, userId } from '../../graphql/graphql-server.ts'
import { seeded } from '../../seeded.ts'
import { sessionOf } from '../../session-of.ts'
import { comparableMs, EventLoopTurns, maxTurnMs } from '../clients/event-loop-turns.ts'
import { eachOf, filledGroup, numbers } from '../clients/filling.ts'
import { AnyQuery, type Known, type Query } from './any-query.ts'

const documents = 2000
const maxBytes = 8 * 1024 * 1024
const refusals: ReadonlySet<unknown> = new Set([
  'QUERY_TOO_COMPLEX',
  'BAD_USER_INPUT',
  'NOT_FOUND',
  'FORBIDDEN',
  'RESYNC',
])

let server: GraphQLServer
let known: Known
beforeAll(async () => {
  server = await GraphQLServer.open({ limits: { textLength: 10_000 } })
  const long = (index: number): string => '\u{1d4b3}'.repeat(index % 4 === 0 ? 10_000 : 50)
  const group = await filledGroup(server, 'ann', { members: 1000, messages: 400, text: long })
  const others = await eachOf(numbers(110), index => server.create('ann', [`member${index}`, 'ben']))
  const messages = await eachOf(others, async id => {
    const sent = await Promise.all(numbers(6).map(index => server.send('ann', id, `hello <@ben>, this is ${index}`)))
    const [replyToId = ''] = sent
    await server.send('ben', id, 'a reply', { replyToId })
    await server.react('ben', replyToId, '👍')
    return sent
  })
  const users = numbers(50).map(index => `member${index}`)
  known = { conversations: [group, group, ...others.slice(0, 20)], messages: messages.flat().slice(0, 200), users }
}, 120_000)
afterAll(() => server[Symbol.asyncDispose]())

interface Outcome {
  readonly executed: boolean
  readonly codes: readonly unknown[]
  readonly bytes: number
  readonly statements: number
  /** The statements that the cost limit counted. */
  readonly expected: number
  readonly turnMs: number
}

/** The queries as one user sends them, and what came of each. */
class Sender {
  readonly outcomes: Outcome[] = []
  maxRss = process.memoryUsage.rss()
  readonly #runner: OperationRunner
  readonly #turns: EventLoopTurns

  constructor(schema: GraphQLSchema, turns: EventLoopTurns) {
    this.#runner = new OperationRunner(schema, server.dependencies)
    this.#turns = turns
  }

  async send({ query, variables }: Query): Promise<Outcome> {
    const session = sessionOf(userId('ann'), Number.MAX_SAFE_INTEGER)
    const caller = { session, resume: undefined, account: new CpuAccount() }
    const before = server.reads.count
    this.#turns.take()
    const { document, errors } = this.#runner.prepare(query, caller)
    const answer: Answer =
      document === undefined ? { errors } : await this.#runner.execute({ document, variables }, caller)
    const turnMs = comparableMs(this.#turns.take())
    const operation = document?.operation(undefined)
    const outcome: Outcome = {
      executed: answer.data !== undefined,
      codes: (answer.errors ?? []).map(({ extensions }) => extensions.code),
      bytes: Buffer.byteLength(answer.data ?? ''),
      statements: server.reads.count - before,
      expected: operation === undefined ? 0 : operation.cost(variables).statements,
      turnMs,
    }
    this.outcomes.push(outcome)
    this.maxRss = Math.max(this.maxRss, process.memoryUsage.rss())
    return outcome
  }
}

it(`${documents} random queries are refused, or stay within the bounds of an answer`, async () => {
  const schema = guardRootFields(buildGraphQLSchema())
  using turns = new EventLoopTurns()
  const sender = new Sender(schema, turns)
  const rss = sender.maxRss
  await fc.assert(
    fc.asyncProperty(fc.integer(), async seed => {
      const query = new AnyQuery(schema, known, seeded(seed)).query()
      const { codes, bytes, statements, expected, turnMs } = await sender.send(query)
      expect(codes.filter(code => !refusals.has(code))).toEqual([])
      expect(bytes).toBeLessThanOrEqual(maxBytes)
      // What is much is read in several statements, and an answer that is too large is tried again.
      expect(statements, query.query).toBeLessThanOrEqual(3 * expected + 10)
      expect(turnMs, query.query).toBeLessThan(2 * maxTurnMs)
    }),
    { numRuns: documents, endOnFailure: true },
  )
  const { outcomes, maxRss } = sender
  // The collection of garbage falls into some turn.
  expect(outcomes.filter(({ turnMs }) => turnMs > maxTurnMs).length).toBeLessThanOrEqual(2)
  expect(maxRss - rss).toBeLessThan(400_000_000)
  expect(outcomes.filter(({ executed }) => executed).length).toBeGreaterThan(documents / 3)
  expect(outcomes.filter(({ codes }) => codes.includes('QUERY_TOO_COMPLEX')).length).toBeGreaterThan(documents / 20)
}, 240_000)
