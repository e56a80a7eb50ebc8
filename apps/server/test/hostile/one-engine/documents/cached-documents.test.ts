import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DocumentCache } from '../../../../src/infrastructure/graphql/documents/document-cache.ts'
import { guardRootFields } from '../../../../src/infrastructure/graphql/operations/guard-root-fields.ts'
import { OperationRunner } from '../../../../src/infrastructure/graphql/operations/operation-runner.ts'
import { buildGraphQLSchema } from '../../../../src/infrastructure/graphql/schema/schema.ts'
import { CpuAccount } from '../../../../src/infrastructure/scheduling/cpu-account.ts'
import { GraphQLServer, userId } from '../../../graphql/graphql-server.ts'
import { sessionOf } from '../../../session-of.ts'
import { numbers } from '../../clients/filling.ts'
import { conversationsQuery } from '../../clients/selections.ts'

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

const heapBytes = (): number => {
  collectGarbage()
  return process.memoryUsage().heapUsed
}

let server: GraphQLServer
beforeAll(async () => {
  server = await GraphQLServer.open()
})
afterAll(() => server[Symbol.asyncDispose]())

const callerOf = (name: string) => ({
  session: sessionOf(userId(name), Number.MAX_SAFE_INTEGER),
  resume: undefined,
  account: new CpuAccount(),
})

const open = (): OperationRunner => new OperationRunner(guardRootFields(buildGraphQLSchema()), server.dependencies)

describe("Users' documents", () => {
  it('are cached by at most as many bytes as they are given, compiled ones too', async () => {
    const runner = open()
    const before = heapBytes()
    for (const index of numbers(300)) {
      const caller = callerOf(`user${index % 8}`)
      const { document } = runner.prepare(`${conversationsQuery} # ${index}`, caller)
      if (document !== undefined) await runner.execute({ document, variables: { first: 1 } }, caller)
    }
    expect(runner.cachedDocuments.bytes).toBeGreaterThan(16_000_000)
    expect(runner.cachedDocuments.bytes).toBeLessThanOrEqual(32 * 1024 * 1024)
    // What they take is not more than what is counted of them.
    expect(heapBytes() - before).toBeLessThan(runner.cachedDocuments.bytes * 1.2)
    expect(runner.cachedDocuments.size).toBeLessThan(300)
  })

  it('that are wrong are not cached', () => {
    const runner = open()
    for (const query of ['{', '{ viewer { colour } }', `{ ${'__typename '.repeat(200)} }`])
      expect(runner.prepare(query, callerOf('ann')).errors).toBeDefined()
    expect(runner.cachedDocuments.size).toBe(0)
  })

  it('are not evicted by all that one other sends', () => {
    const runner = open()
    const { document } = runner.prepare('{ viewer { user { id } } }', callerOf('ann'))
    for (const index of numbers(3000))
      runner.prepare(`{ viewer { user { id } } } # ${index} ${'x'.repeat(1000)}`, callerOf('mallory'))
    expect(runner.prepare('{ viewer { user { id } } }', callerOf('ben')).document).toBe(document)
  })
})

describe('A document cache', () => {
  it('keeps to its bytes, evicts what was used longest ago, and of one owner what is beyond their share', () => {
    const cache = new DocumentCache<number>(100)
    const owners = ['ann', 'ben', 'cid', 'dot']
    for (const index of numbers(8)) cache.set(`text ${index}`, index, 12, owners[index % 4] ?? '')
    expect([cache.size, cache.bytes]).toEqual([8, 96])
    expect(cache.get('text 0')).toBe(0)
    cache.set('another', 9, 12, 'eve')
    expect([cache.size, cache.bytes]).toEqual([8, 96])
    expect([cache.get('text 0'), cache.get('text 1'), cache.get('another')]).toEqual([0, undefined, 9])
    for (const index of numbers(20)) cache.set(`of eve ${index}`, index, 12, 'eve')
    expect(cache.get('text 0')).toBe(0)
    expect(cache.get('text 2')).toBe(undefined)
    expect(cache.get('text 3')).toBe(3)
    expect([cache.get('of eve 18'), cache.get('of eve 19')]).toEqual([18, 19])
    cache.set('too large', 1, 26, 'ann')
    expect(cache.get('too large')).toBe(undefined)
  })
})
