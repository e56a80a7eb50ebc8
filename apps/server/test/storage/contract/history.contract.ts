import { type ConversationId, type Message, type MessageStore, textOf } from '@cpc-messenger/messenger'
import { expect, test } from 'vitest'
import { userId } from '../named-ids.ts'
import { Scribe } from '../scribe.ts'
import type { OpenHarness } from './store-harness.ts'

const ann = userId('ann')
const bob = userId('bob')

const revisionsOf = (store: MessageStore, { id: messageId }: Message, limit = 100) =>
  store.latest.messages.revisions({ messageId, limit })

const textsOf = async (store: MessageStore, message: Message): Promise<readonly string[]> =>
  (await revisionsOf(store, message)).map(({ content }) => textOf(content))

const editTimes = async (scribe: Scribe, message: Message, count: number): Promise<Message> => {
  let edited = message
  for (let edit = 1; edit <= count; edit += 1) edited = await scribe.edit(edited, `${textOf(message.content)} ${edit}`)
  return edited
}

const readingContract = (open: OpenHarness): void => {
  test('the earlier versions of a message come in order, by pages, and only those of that message', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    const group = await scribe.create({ members: [ann, bob] })
    const other = await editTimes(scribe, await scribe.send(group, ann, 'other'), 2)
    const message = await editTimes(scribe, await scribe.send(group, ann, 'said'), 4)
    await scribe.delete(message, bob)
    const { messages } = harness.store.latest
    expect(await textsOf(harness.store, message)).toEqual(['said', 'said 1', 'said 2', 'said 3', 'said 4'])
    const page = await messages.revisions({ messageId: message.id, after: 1, limit: 2 })
    expect(page.map(({ version }) => version)).toEqual([2, 3])
    expect(page[0]).toMatchObject({ messageId: message.id, editorId: ann, redactedAt: null, historyGeneration: 0 })
    expect(await messages.revisions({ messageId: message.id, after: 5, limit: 9 })).toEqual([])
    expect(await textsOf(harness.store, other)).toEqual(['other', 'other 1'])
    expect(await messages.byIds([message.id])).toMatchObject([{ version: 6, deletedById: bob }])
  })

  test('a redacted revision holds the marker, its time, and nothing of what was said', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    const group = await scribe.create({ members: [ann] })
    const message = await editTimes(scribe, await scribe.send(group, ann, 'said'), 2)
    await scribe.redact(message, 1)
    const [first, second] = await revisionsOf(harness.store, message)
    expect(first).toMatchObject({ version: 1, content: { kind: 'deleted' }, redactedAt: expect.any(Number) })
    expect(second).toMatchObject({ version: 2, content: { text: 'said 1' }, redactedAt: null })
  })

  test('a batch loads the revisions that its commands need, and no others', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    const group = await scribe.create({ members: [ann] })
    const one = await editTimes(scribe, await scribe.send(group, ann, 'one'), 12)
    const two = await editTimes(scribe, await scribe.send(group, ann, 'two'), 2)
    const needs = [
      { conversations: [group], messages: [one.id], revisions: [{ messageId: one.id, version: 11 }] },
      { conversations: [group], messages: [two.id], revisions: [{ messageId: two.id, version: 9 }] },
    ]
    await using batch = await harness.store.begin(needs)
    expect(batch.rows.revisions).toMatchObject([{ messageId: one.id, version: 11, content: { text: 'one 10' } }])
  })
}

const erasedBy = async (store: MessageStore, limit: number): Promise<readonly number[]> => {
  const steps: number[] = []
  for (let erased = 1; erased > 0; ) {
    erased = await store.purge(limit)
    steps.push(erased)
  }
  return steps
}

const erasingContract = (open: OpenHarness): void => {
  const filled = async (scribe: Scribe): Promise<{ group: ConversationId; messages: readonly Message[] }> => {
    const group = await scribe.create({ members: [ann, bob] })
    const messages: Message[] = []
    for (let sent = 0; sent < 5; sent += 1)
      messages.push(await editTimes(scribe, await scribe.send(group, ann, `said ${sent}`), 5))
    return { group, messages }
  }

  test('a history is hidden at once by the change to NONE, and erased in bounded steps', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    const { group, messages } = await filled(scribe)
    const kept = await filled(scribe)
    await scribe.configure(group, { historyVisibility: 'NONE' })
    for (const message of messages) expect(await revisionsOf(harness.store, message)).toEqual([])
    const steps = await erasedBy(harness.store, 4)
    expect(Math.max(...steps)).toBeLessThanOrEqual(4)
    expect(steps.reduce((sum, step) => sum + step)).toBe(25)
    for (const message of kept.messages) expect(await revisionsOf(harness.store, message)).toHaveLength(5)
  })

  test('changing back brings nothing back, erased already or not, and what is edited from then on is kept', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    const { group, messages } = await filled(scribe)
    await scribe.configure(group, { historyVisibility: 'NONE' })
    await harness.store.purge(10)
    await scribe.configure(group, { historyVisibility: 'MEMBERS' })
    for (const message of messages) expect(await revisionsOf(harness.store, message)).toEqual([])
    const [message] = messages
    if (message === undefined) throw new TypeError('no message')
    const edited = await scribe.edit(message, 'kept again')
    expect(await textsOf(harness.store, edited)).toEqual(['said 0 5'])
    await erasedBy(harness.store, 100)
    expect(await textsOf(harness.store, edited)).toEqual(['said 0 5'])
  })

  test('erasing goes on after a restart, over several histories, and a second change erases what was kept meanwhile', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    const rooms = [await filled(scribe), await filled(scribe), await filled(scribe)]
    for (const { group } of rooms) await scribe.configure(group, { historyVisibility: 'NONE' })
    expect(await harness.store.purge(30)).toBe(30)
    const again = await harness.reopen()
    expect((await erasedBy(again, 20)).reduce((sum, step) => sum + step)).toBe(45)
    const later = new Scribe(again)
    for (const { group, messages } of rooms) {
      await later.takeUp(group)
      await later.configure(group, { historyVisibility: 'MODERATORS' })
      for (const message of messages) await later.edit(message, 'kept for a while')
      await later.configure(group, { historyVisibility: 'NONE' })
      for (const message of messages) expect(await revisionsOf(again, message)).toEqual([])
    }
    expect((await erasedBy(again, 500)).reduce((sum, step) => sum + step)).toBe(15)
  })
}

export const historyContract = (open: OpenHarness): void => {
  readingContract(open)
  erasingContract(open)
}
