import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { openSqliteStore } from '../../../src/infrastructure/storage/sqlite/message-store.ts'
import { findingsIn } from '../findings.ts'
import { conversationId, userId } from '../named-ids.ts'
import { Scribe } from '../scribe.ts'
import { openSqliteHarness, temporaryFile } from './harness.ts'

test('a second server on the same file is refused while the first one runs, and not after it', async () => {
  await using harness = await openSqliteHarness()
  const second = openSqliteStore({ file: harness.file })
  await expect(second).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringContaining('Another server'),
  })
  await harness.store.ping()
  await harness.reopen()
})

test('a server that was killed leaves the file free, and what it had committed in it', async () => {
  await using place = await temporaryFile()
  const opener = new URL('../killed-server.ts', import.meta.url)
  const server = spawn(process.execPath, [opener.pathname, place.file], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(server.stdout, 'data')
  await expect(openSqliteStore({ file: place.file })).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  server.kill('SIGKILL')
  await once(server, 'exit')
  await using store = await openSqliteStore({ file: place.file })
  expect(await store.latest.log.heads([conversationId(1)])).toEqual([{ conversationId: conversationId(1), head: 51 }])
})

test('a file of a newer schema is refused in one sentence and stays as it is', async () => {
  await using place = await temporaryFile()
  await (await openSqliteStore({ file: place.file }))[Symbol.asyncDispose]()
  const database = new DatabaseSync(place.file)
  database.exec('update meta set schema_version = 99')
  await expect(openSqliteStore({ file: place.file })).rejects.toThrow(/schema 99, made by a newer messenger/)
  expect(database.prepare('select schema_version from meta').get()).toEqual({ schema_version: 99 })
  database.close()
})

test("another program's database and a file that is none are refused and stay as they are", async () => {
  await using place = await temporaryFile()
  await mkdir(dirname(place.file))
  const foreign = new DatabaseSync(place.file)
  foreign.exec('create table notes (line text)')
  foreign.close()
  await expect(openSqliteStore({ file: place.file })).rejects.toThrow(/another program/)
  const again = new DatabaseSync(place.file)
  expect(again.prepare('select name from sqlite_schema').all()).toEqual([{ name: 'notes' }])
  again.close()
  await using other = await temporaryFile()
  await mkdir(dirname(other.file))
  await writeFile(other.file, 'not a database, but long enough to look like something of another kind'.repeat(20))
  await expect(openSqliteStore({ file: other.file })).rejects.toMatchObject({ code: 'UNAVAILABLE' })
})

test('the stored data can be checked while the server runs', async () => {
  await using harness = await openSqliteHarness()
  const scribe = new Scribe(harness.store)
  const group = await scribe.create({ members: [userId('ann')] })
  await scribe.sendMany(group, userId('ann'), 10)
  expect(await findingsIn(harness.file)).toEqual([])
})
