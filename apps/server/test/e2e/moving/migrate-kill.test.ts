import { setTimeout as after } from 'node:timers/promises'
import { Refusal } from '@cpc-messenger/messenger'
import { expect, it } from 'vitest'
import { openSqliteStore } from '../../../src/infrastructure/storage/sqlite/message-store.ts'
import { seeded } from '../../seeded.ts'
import { findingsInPostgres } from '../../storage/findings.ts'
import { RandomScribe } from '../../storage/random-scribe.ts'
import { temporaryFile } from '../../storage/sqlite/harness.ts'
import { rowsOfPostgres, rowsOfSqlite } from '../../storage/stored-rows.ts'
import { freshDatabase } from '../../support/postgres.ts'
import { MigrateCommand } from './migrate-command.ts'

/** Writes at intervals, until it is refused or aborted. */
const writeOn = async (scribe: RandomScribe, signal: AbortSignal): Promise<void> => {
  while (!signal.aborted) {
    try {
      await scribe.steps(5)
    } catch (error) {
      if (error instanceof Refusal && error.code === 'UNAVAILABLE') return
      throw error
    }
    await after(5)
  }
}

it('a move that is killed repeatedly resumes, and nothing is lost or duplicated', async () => {
  const seed = Number(process.env.SEED ?? Date.now() % 1_000_000)
  console.log(`seed ${seed}`)
  const random = seeded(seed)
  await using place = await temporaryFile()
  await using target = await freshDatabase()
  await using store = await openSqliteStore({ file: place.file })
  const scribe = new RandomScribe(store, seed)
  await scribe.steps(6000)
  await scribe.fill(6000)
  const stop = new AbortController()
  const writing = writeOn(scribe, stop.signal)
  let resumed = 0
  for (let kill = 0; kill < 8; kill += 1) {
    const moving = new MigrateCommand(place.file, target.url, ['--no-check'])
    // However long it takes to start.
    await moving.began()
    await after(random() * 120 * (kill + 1))
    await moving.kill()
    if (moving.output.includes('continues where it was interrupted')) resumed += 1
  }
  const last = new MigrateCommand(place.file, target.url)
  expect({ code: await last.ended(), output: last.output }).toMatchObject({ code: 0 })
  stop.abort()
  await writing
  console.log(`resumed ${resumed} times before the last run`)
  expect(resumed).toBeGreaterThan(0)
  expect(await rowsOfPostgres(target.url)).toEqual(rowsOfSqlite(place.file))
  expect(await findingsInPostgres(target.url)).toEqual([])
}, 120_000)
