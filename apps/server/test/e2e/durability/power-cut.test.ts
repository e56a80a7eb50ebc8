import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { beforeAll, expect, it } from 'vitest'
import { seeded } from '../../seeded.ts'
import { messengerCheck } from '../server/messenger-check.ts'
import { DiskFile } from './disk-file.ts'
import { type Departure, durableOrder } from './durable-order.ts'
import { describeUnderStrace } from './strace.ts'
import type { SystemCall } from './system-calls.ts'
import { markPattern, type TracedSends, traceSends } from './traced-sends.ts'

const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31))
const cuts = Number(process.env.CUTS ?? 16)

const kindOf = (text: string): string => {
  if (text.includes('sendMessage')) return 'answer'
  if (text.includes('conversationEvents')) return 'event over graphql-transport-ws'
  return text.includes('MessageCreated') ? 'event over messenger.v1' : 'unknown'
}
const kinds = ['answer', 'event over graphql-transport-ws', 'event over messenger.v1']

const marksIn = (databaseFile: string): ReadonlySet<string> => {
  using database = new DatabaseSync(databaseFile)
  const rows = database.prepare('select content from messages').all()
  return new Set(rows.flatMap(({ content }) => String(content).match(markPattern) ?? []))
}

describeUnderStrace('the order of system calls while 16 senders send at once', () => {
  let traced: TracedSends
  let departures: readonly Departure[]
  let written: ReadonlySet<string>
  beforeAll(async () => {
    traced = await traceSends(16, 24, 6000)
    ;({ departures, written } = durableOrder(traced.calls, { mark: markPattern, kindOf }))
  }, 120_000)

  it('has every mark in a write to the log and in an answer and an event on either protocol', () => {
    expect(written).toEqual(new Set(traced.marks))
    for (const kind of kinds) {
      const left = departures.filter(departure => departure.kind === kind).map(({ mark }) => mark)
      expect(new Set(left), kind).toEqual(new Set(traced.marks))
    }
  })

  it('lets no answer and no event leave before the flush that covers it has returned', () => {
    expect(departures.filter(({ durable }) => !durable)).toEqual([])
  })

  it('has every write to the files in it, those of a checkpoint too', () => {
    for (const [path, bytes] of traced.before) {
      const replayed = new DiskFile(path, bytes, traced.calls).afterPowerCut(Number.POSITIVE_INFINITY, () => true)
      expect(traced.after.get(path)?.equals(replayed), path).toBe(true)
    }
    const flushed = traced.calls.filter(({ name }) => name === 'fsync' || name === 'fdatasync')
    expect(new Set(flushed.map(({ target }) => basename(target)))).toEqual(
      new Set(['messenger.db', 'messenger.db-wal']),
    )
  })

  it(`leaves what got in the files when the power goes off at any moment (SEED=${seed})`, async () => {
    console.log(`SEED=${seed}`)
    const random = seeded(seed)
    const oneOf = (calls: readonly SystemCall[]) => calls[Math.floor(random() * calls.length)]?.began ?? 0
    const files = [...traced.before].map(
      ([path, bytes]) => [basename(path), new DiskFile(path, bytes, traced.calls)] as const,
    )
    for (let cut = 0; cut < cuts; cut++) {
      const place = oneOf(cut % 2 === 0 ? traced.calls : departures.map(({ call }) => call)) + 1
      const share = cut % 4 < 2 ? 0 : random()
      const folder = await mkdtemp(join(tmpdir(), 'messenger-cut-'))
      for (const [name, file] of files) {
        const bytes = file.afterPowerCut(place, () => random() < share)
        await writeFile(join(folder, name), bytes)
      }
      expect(await messengerCheck(`file:${join(folder, 'messenger.db')}`), `cut at line ${place}`).toBe('0 findings')
      const kept = marksIn(join(folder, 'messenger.db'))
      const lost = departures.filter(({ call, mark }) => call.began < place && !kept.has(mark))
      expect(lost, `cut at line ${place}`).toEqual([])
      await rm(folder, { recursive: true })
    }
  }, 120_000)
})
