import { readdir, readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type ConversationId, type Message, type MessageStore, textOf } from '@cpc-messenger/messenger'
import { describe, expect, test, vi } from 'vitest'
import { hasRowsToErase, scrubSqliteFile } from '../../../src/infrastructure/storage/maintenance/scrub.ts'
import { scrubInProcess } from '../../../src/infrastructure/storage/maintenance/scrub-in-process.ts'
import { lockForScrub } from '../../../src/infrastructure/storage/sqlite/lock.ts'
import { openSqliteStore } from '../../../src/infrastructure/storage/sqlite/message-store.ts'
import { findingsIn } from '../findings.ts'
import { userId } from '../named-ids.ts'
import { Scribe } from '../scribe.ts'
import { openSqliteHarness, temporaryFile } from './harness.ts'

// Some wait longer than the server waits for a lock.
vi.setConfig({ testTimeout: 60_000 })

const ann = userId('ann')
const bob = userId('bob')

/** How often each of these texts is in the bytes of the database and of every file beside it. */
const occurrences = async (file: string, texts: readonly string[]): Promise<Readonly<Record<string, number>>> => {
  const folder = dirname(file)
  const counts: Record<string, number> = Object.fromEntries(texts.map(text => [text, 0]))
  for (const name of await readdir(folder)) {
    if (!name.startsWith(basename(file))) continue
    const bytes = await readFile(join(folder, name), 'latin1')
    for (const text of texts) counts[text] = (counts[text] ?? 0) + bytes.split(text).length - 1
  }
  return counts
}

const found = async (file: string, texts: readonly string[]): Promise<readonly string[]> =>
  Object.entries(await occurrences(file, texts)).flatMap(([text, count]) => (count > 0 ? [text] : []))

const eraseAll = async (store: MessageStore): Promise<void> => {
  while ((await store.purge(50)) > 0) {}
}

const padding = (length: number): string => 'x'.repeat(length)

/** Texts that are erased in every way that there is, and texts that stay. */
const writeAndErase = async (scribe: Scribe) => {
  const [quiet, kept, changed, gone] = [
    await scribe.create({ members: [ann, bob] }),
    await scribe.create({ members: [ann, bob] }),
    await scribe.create({ members: [ann, bob] }),
    await scribe.create({ members: [ann, bob], name: 'SECRET name of a deleted conversation' }),
  ]
  await scribe.configure(quiet, { historyVisibility: 'NONE' })
  const send = (room: ConversationId, text: string) => scribe.send(room, ann, text)
  // Rows that grow move to other pages, and leave copies of themselves behind.
  const grow = (message: Message, text: string) => scribe.edit(message, `${text} ${padding(3000)}`)
  for (let round = 0; round < 40; round += 1) {
    await grow(await send(quiet, `SECRET edited under NONE ${round}.`), `STAYS ${round}.`)
    await scribe.delete(await send(quiet, `SECRET deleted under NONE ${round}.`))
    const redacted = await grow(await send(kept, `SECRET redacted ${round}.`), `STAYS redacted ${round}.`)
    await scribe.redact(redacted, 1)
    await grow(await send(kept, `STAYS as a revision ${round}.`), `STAYS current ${round}.`)
    await grow(await send(changed, `SECRET before the change to NONE ${round}.`), `STAYS changed ${round}.`)
    await grow(await send(gone, `SECRET in a deleted conversation ${round}.`), `SECRET edit in it ${round}.`)
  }
  await scribe.configure(changed, { historyVisibility: 'NONE' })
  await scribe.configure(changed, { historyVisibility: 'MEMBERS' })
  await scribe.deleteConversation(gone)
  const rounds = Array.from({ length: 40 }, (_, round) => `${round}.`)
  const each = (texts: readonly string[]) => texts.flatMap(text => rounds.map(round => `${text} ${round}`))
  return {
    /** For each way of erasing. */
    erased: [
      'SECRET edited under NONE',
      'SECRET deleted under NONE',
      'SECRET redacted',
      'SECRET before the change to NONE',
      'SECRET in a deleted conversation',
      'SECRET edit in it',
      'SECRET name of a deleted conversation',
    ],
    staying: each(['STAYS', 'STAYS redacted', 'STAYS as a revision', 'STAYS current', 'STAYS changed']),
  }
}

describe('a scrub', () => {
  test.each([
    ['by a server that runs', 'running'],
    ['after it was stopped', 'stopped'],
  ])('leaves no byte of what was erased in any file, and everything else, %s', async (_, when) => {
    await using place = await temporaryFile()
    const { file } = place
    await using stack = new AsyncDisposableStack()
    const store = await openSqliteStore({ file })
    const closing = stack.adopt(store, opened => opened[Symbol.asyncDispose]())
    const { erased, staying } = await writeAndErase(new Scribe(closing))
    await eraseAll(store)
    expect(hasRowsToErase(file)).toBe(false)
    if (when === 'stopped') await stack.disposeAsync()
    // Every way leaves bytes behind until then: otherwise this test would prove nothing. What was erased before it was
    // copied from the write-ahead log is gone with the log when the server stops.
    expect(await found(file, erased)).toEqual(when === 'running' ? erased : erased.slice(2))
    const { before, after } = await scrubSqliteFile({ file })
    expect(await occurrences(file, erased)).toEqual(Object.fromEntries(erased.map(text => [text, 0])))
    expect(await found(file, staying)).toEqual(staying)
    expect(after).toBeLessThan(before)
    expect(await findingsIn(file)).toEqual([])
  })

  test('does not fail commands that come meanwhile, and what they write is there', async () => {
    await using harness = await openSqliteHarness()
    const scribe = new Scribe(harness.store)
    const group = await scribe.create({ members: [ann] })
    for (let sent = 0; sent < 20_000; sent += 2000) await scribe.sendMany(group, ann, 2000)
    let ended = false
    const scrubbing = scrubInProcess(harness.file, new AbortController().signal).finally(() => {
      ended = true
    })
    const sent: Message[] = []
    while (!ended) sent.push(await scribe.send(group, ann, `during the scrub ${sent.length}`))
    expect(await scrubbing).toMatchObject({ before: expect.any(Number), after: expect.any(Number) })
    expect(sent.length).toBeGreaterThan(0)
    const stored = await harness.store.latest.messages.byIds(sent.map(({ id }) => id))
    expect(new Set(stored.map(({ content }) => textOf(content)))).toEqual(
      new Set(sent.map(({ content }) => textOf(content))),
    )
    expect(await findingsIn(harness.file)).toEqual([])
  })

  test('is waited for longer than any other lock on the file', async () => {
    await using harness = await openSqliteHarness()
    const scribe = new Scribe(harness.store)
    const group = await scribe.create({ members: [ann] })
    using other = new DatabaseSync(harness.file)
    const scrub = lockForScrub(harness.file)
    other.exec('begin immediate')
    const sending = scribe.send(group, ann, 'after the scrub')
    const waited = await Promise.race([
      sending.then(() => 'sent'),
      new Promise(resolve => setTimeout(() => resolve('waiting'), 6000)),
    ])
    expect(waited).toBe('waiting')
    other.exec('rollback')
    scrub[Symbol.dispose]()
    await sending
    other.exec('begin immediate')
    await expect(scribe.send(group, ann, 'too long')).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    other.exec('rollback')
  })

  test('tells that another one is running, or that a long reader holds the log, and changes nothing', async () => {
    await using harness = await openSqliteHarness()
    const scribe = new Scribe(harness.store)
    const group = await scribe.create({ members: [ann] })
    const { file } = harness
    {
      using _scrub = lockForScrub(file)
      await expect(scrubSqliteFile({ file })).rejects.toThrow(/Another scrub of .* is running/)
    }
    using reader = new DatabaseSync(file, { readOnly: true })
    reader.exec('begin')
    reader.prepare('select count(*) from messages').get()
    await scribe.send(group, ann, 'after the reader began')
    await expect(scrubSqliteFile({ file, waitMs: 200 })).rejects.toThrow(/Another program reads .*scrub again/)
    reader.exec('rollback')
    await scrubSqliteFile({ file })
    expect(await findingsIn(file)).toEqual([])
  })

  test('that is killed leaves the data as it was', async () => {
    await using harness = await openSqliteHarness()
    const scribe = new Scribe(harness.store)
    const group = await scribe.create({ members: [ann] })
    for (let sent = 0; sent < 20_000; sent += 2000) await scribe.sendMany(group, ann, 2000)
    for (const ms of [150, 200, 250, 300, 400]) {
      const killed = new AbortController()
      setTimeout(() => killed.abort(), ms)
      await scrubInProcess(harness.file, killed.signal).catch(() => undefined)
      await scribe.send(group, ann, `after ${ms} ms`)
      expect(await findingsIn(harness.file)).toEqual([])
    }
    const page = await harness.store.latest.messages.timeline({ conversationId: group, end: 'newest', limit: 1 })
    expect(page.map(({ content }) => textOf(content))).toEqual(['after 400 ms'])
    expect((await harness.store.latest.log.heads([group]))[0]?.head).toBe(20_006)
  })
})
