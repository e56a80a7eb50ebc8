import { execFile } from 'node:child_process'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { messengerCheck } from '../server/messenger-check.ts'
import { RunningServer } from '../server/running-server.ts'
import { KeyedSends, type Outcome } from './keyed-sends.ts'
import { NearCheckpoint } from './near-checkpoint.ts'
import { describeUnderStrace, injecting, Strace } from './strace.ts'

const unavailable = { code: 'UNAVAILABLE' }

/** Answers how each went. */
const sendSome = async (sends: KeyedSends, name: string, count: number): Promise<readonly Outcome[]> => {
  const outcomes: Outcome[] = []
  for (let number = 0; number < count; number++) outcomes.push(await sends.send(`${name}-${number}`))
  return outcomes
}

/** All sends are as they were answered: now, after it was killed, and after it was stopped. */
const verifyThrough = async (server: RunningServer, sends: KeyedSends): Promise<void> => {
  await sends.verify()
  await server.restart('kill')
  await sends.verify()
  await server.stop()
  expect(await messengerCheck(server.databaseUrl)).toBe('0 findings')
  await server.start()
  await sends.verify()
}

const allAnswered = (outcomes: readonly Outcome[]): boolean =>
  outcomes.every(outcome => outcome !== undefined && 'id' in outcome)

describeUnderStrace('a server whose disk', () => {
  it('takes no more bytes answers UNAVAILABLE, stays ready to read, and goes on when there is room', async () => {
    await using server = await RunningServer.start()
    const sends = await KeyedSends.inNewRoom(server, 5000)
    expect(allAnswered(await sendSome(sends, 'before', 10))).toBe(true)
    const limitFiles = (limit: string) =>
      promisify(execFile)('prlimit', ['--pid', String(server.pid), `--fsize=${limit}:`])
    const { size } = await stat(`${server.databaseFile}-wal`)
    await limitFiles(String(size + 100_001))
    const outcomes = await sendSome(sends, 'until-full', 20)
    const firstRefused = outcomes.findIndex(outcome => outcome !== undefined && 'code' in outcome)
    expect(firstRefused).toBeGreaterThan(0)
    expect(outcomes.slice(firstRefused)).toEqual(outcomes.slice(firstRefused).map(() => unavailable))
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200)
    await limitFiles('unlimited')
    expect(allAnswered(await sendSome(sends, 'after', 5))).toBe(true)
    await verifyThrough(server, sends)
  }, 60_000)

  it('is full answers UNAVAILABLE at every send at once, and goes on by itself when there is room', async () => {
    await using server = await RunningServer.start()
    const sends = await KeyedSends.inNewRoom(server, 5000)
    await sendSome(sends, 'before', 10)
    {
      await using _full = await Strace.attach(server.pid, injecting('pwrite64', 'error=ENOSPC'))
      const keys = Array.from({ length: 40 }, (_, index) => `full-${index}`)
      const outcomes = await Promise.all(keys.map(key => sends.send(key)))
      expect(outcomes).toEqual(keys.map(() => unavailable))
    }
    expect(allAnswered(await sendSome(sends, 'after', 5))).toBe(true)
    await verifyThrough(server, sends)
  }, 60_000)

  it.each(['pwrite64', 'fsync,fdatasync'])(
    'fails once at any %s loses no answered send and goes on',
    async calls => {
      await using server = await RunningServer.start()
      const sends = await KeyedSends.inNewRoom(server, 5000)
      await sendSome(sends, 'before', 10)
      for (const number of [1, 2, 3, 5, 8, 13, 21]) {
        await using _fault = await Strace.attach(server.pid, injecting(calls, `error=EIO:when=${number}`))
        const outcomes = await sendSome(sends, `at-${number}`, 25)
        const refused = outcomes.filter(outcome => outcome === undefined || 'code' in outcome)
        expect(refused).toEqual([unavailable])
      }
      await verifyThrough(server, sends)
    },
    120_000,
  )

  describe('that was nearly due for a checkpoint', () => {
    let prepared: NearCheckpoint
    beforeAll(async () => {
      prepared = await NearCheckpoint.prepare()
    }, 60_000)
    afterAll(() => prepared[Symbol.asyncDispose]())

    it.each([
      ['is full', 'pwrite64', 'ENOSPC'],
      ['fails', 'fsync,fdatasync', 'EIO'],
    ])(
      '%s at each checkpoint goes on answering from its log, and keeps all',
      async (_, calls, error) => {
        const { server } = prepared
        const sends = await prepared.start()
        const trace = join(server.folder, 'trace')
        {
          const options = ['-P', server.databaseFile, ...injecting(calls, `error=${error}`)]
          await using _fault = await Strace.attach(server.pid, options, trace)
          expect(allAnswered(await sendSome(sends, 'during', 30))).toBe(true)
        }
        expect(await readFile(trace, 'utf8')).toContain(`${error} `)
        expect(allAnswered(await sendSome(sends, 'after', 10))).toBe(true)
        await verifyThrough(server, sends)
      },
      60_000,
    )
  })
})
