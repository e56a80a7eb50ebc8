import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { messengerCheck } from '../server/messenger-check.ts'
import type { RunningServer } from '../server/running-server.ts'
import type { KeyedSends } from './keyed-sends.ts'
import { NearCheckpoint } from './near-checkpoint.ts'
import { describeUnderStrace, injecting, Strace } from './strace.ts'
import { parseTrace } from './system-calls.ts'

/** Sends this many at once, one round after another, until a round is not wholly answered. */
const sendUntilCut = async (sends: KeyedSends, atOnce: number): Promise<void> => {
  for (let round = 0; round < 50; round++) {
    const keys = Array.from({ length: atOnce }, (_, index) => `round-${round}-${index}`)
    const outcomes = await Promise.all(keys.map(key => sends.send(key)))
    if (outcomes.includes(undefined)) return
  }
  throw new Error('the server was not killed')
}

const targetName = (target: string, { folder }: RunningServer): string => {
  if (target.startsWith('socket:')) return 'socket'
  return target === folder ? 'folder' : basename(target)
}

interface Kill {
  readonly calls: string
  readonly number: number
  /** Sends that are under way together. */
  readonly atOnce: number
}

describeUnderStrace('a server that is killed', () => {
  let prepared: NearCheckpoint
  beforeAll(async () => {
    prepared = await NearCheckpoint.prepare()
  }, 120_000)
  afterAll(() => prepared[Symbol.asyncDispose]())

  /** Kills it at the call of this number; answers what the calls up to it were on, and how many sends it had made unanswered. */
  const killAt = async ({ calls, number, atOnce }: Kill) => {
    const { server } = prepared
    const sends = await prepared.start()
    const trace = join(server.folder, 'trace')
    const options = [...injecting(calls, `signal=KILL:when=${number}`), '-y', '-s', '0']
    await using strace = await Strace.attach(server.pid, options, trace)
    await sendUntilCut(sends, atOnce)
    await server.ended()
    await strace.ended()
    expect(await messengerCheck(server.databaseUrl)).toBe('0 findings')
    await server.start()
    const unanswered = await sends.verify()
    const targets = parseTrace(await readFile(trace, 'utf8')).map(({ target }) => targetName(target, server))
    return { targets, unanswered }
  }

  const stopAndCheck = async (): Promise<void> => {
    await prepared.server.stop()
    expect(await messengerCheck(prepared.server.databaseUrl)).toBe('0 findings')
  }

  it.each([1, 8])(
    'at each flush of its commits and of a checkpoint has every answered send once, %i at once',
    async atOnce => {
      let flushed: readonly string[] = []
      let checkpoints = 0
      for (let number = 1; checkpoints < 3; number++) {
        flushed = (await killAt({ calls: 'fsync,fdatasync', number, atOnce })).targets
        expect(flushed, 'killed at the flush meant').toHaveLength(number)
        if (flushed.includes('messenger.db')) checkpoints += 1
      }
      console.log(`${atOnce} at once, killed at each of the flushes of ${flushed.join(', ')}`)
      expect(new Set(flushed)).toEqual(new Set(['folder', 'messenger.db-wal', 'messenger.db']))
      await stopAndCheck()
    },
    120_000,
  )

  it('in the middle of writing a commit or a checkpoint has every answered send once', async () => {
    const killed: (string | undefined)[] = []
    for (let number = 4; killed.filter(target => target === 'messenger.db').length < 2; number *= 2)
      killed.push((await killAt({ calls: 'pwrite64', number, atOnce: 1 })).targets.at(-1))
    console.log(`killed at writes to ${killed.join(', ')}`)
    expect(killed).toContain('messenger.db-wal')
    await stopAndCheck()
  }, 120_000)

  it('before it answers takes the repeat of what it had made durable for the same send', async () => {
    for (let number = 1; ; number++) {
      const { targets, unanswered } = await killAt({ calls: 'write,writev', number, atOnce: 8 })
      if (targets.at(-1) !== 'socket') continue
      expect(unanswered).toBeGreaterThan(0)
      return stopAndCheck()
    }
  }, 120_000)
})
