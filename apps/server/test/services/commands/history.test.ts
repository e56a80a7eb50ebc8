import { type Conversation, type Message, textOf } from '@cpc-messenger/messenger'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { updateConversation } from '../../../src/services/commands/conversations.ts'
import { deleteMessage, redactRevision, updateMessage } from '../../../src/services/commands/messages.ts'
import { Backend } from '../../backend.ts'

const edit = (backend: Backend, { id: messageId }: Message, words: string, expectedVersion: number | null = null) =>
  backend.run(updateMessage, 'alice', { messageId, content: { text: words, format: 'PLAIN' }, expectedVersion })

const remove = (backend: Backend, { id: messageId }: Message) => backend.run(deleteMessage, 'alice', { messageId })

const redact = (backend: Backend, { id: messageId }: Message, version: number) =>
  backend.run(redactRevision, 'alice', { messageId, version })

const change = (backend: Backend, { id }: Conversation, historyVisibility: 'NONE' | 'MEMBERS') =>
  backend.run(updateConversation, 'alice', { conversationId: id, settings: { historyVisibility } })

const outcomeOf = (command: Promise<unknown>): Promise<string> =>
  command.then(
    () => 'OK',
    (error: { code?: string }) => error.code ?? String(error),
  )

const stored = async ({ store }: Backend, { id }: Message): Promise<Message> => {
  const [message] = await store.latest.messages.byIds([id])
  if (message === undefined) throw new TypeError('no such message')
  return message
}

const historyOf = async ({ store }: Backend, { id: messageId }: Message): Promise<readonly string[]> =>
  (await store.latest.messages.revisions({ messageId, limit: 200 })).map(({ content }) => textOf(content))

const headOf = async ({ store }: Backend, { id }: Conversation) => (await store.latest.log.heads([id]))[0]?.head

describe('100 edits at once', () => {
  it('of the same version: one succeeds, and the others get the version that there is now', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice')
    const message = await backend.send('alice', room, 'hello')
    const edits = Array.from({ length: 100 }, (_, index) => edit(backend, message, `edit ${index}`, 1))
    const results = await Promise.allSettled(edits)
    const [won, ...others] = results.filter(({ status }) => status === 'fulfilled')
    expect(others).toEqual([])
    for (const result of results)
      if (result !== won) expect(result).toMatchObject({ reason: { code: 'CONFLICT', details: { currentVersion: 2 } } })
    expect(await stored(backend, message)).toMatchObject({ version: 2 })
    expect(await historyOf(backend, message)).toEqual(['hello'])
    expect(await headOf(backend, room)).toBe(4)
  })

  it('of ten versions: one succeeds for each version, and every one of them is in the history', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice')
    const message = await backend.send('alice', room, 'version 1')
    const until = async (version: number): Promise<void> => {
      while ((await stored(backend, message)).version < version) await new Promise(resolve => setImmediate(resolve))
    }
    const editors = Array.from({ length: 10 }, async (_, editor) => {
      const won: number[] = []
      for (let version = 1; version <= 10; version += 1) {
        await until(version)
        const outcome = await outcomeOf(edit(backend, message, `version ${version + 1} by ${editor}`, version))
        if (outcome === 'OK') won.push(version)
        else expect(outcome).toBe('CONFLICT')
      }
      return won
    })
    const won = (await Promise.all(editors)).flat()
    expect(won.toSorted((one, other) => one - other)).toEqual(Array.from({ length: 10 }, (_, index) => index + 1))
    expect((await historyOf(backend, message)).map(words => words.split(' by ')[0])).toEqual(
      Array.from({ length: 10 }, (_, index) => `version ${index + 1}`),
    )
  })
})

describe('edits and a deletion', () => {
  it('end with the deletion in any order, and no edit succeeds after it', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice')
    const delays = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 2, maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(delays, fc.nat(), async (waits, place) => {
        const message = await backend.send('alice', room, 'hello')
        const deletion = place % waits.length
        const outcomes = await Promise.all(
          waits.map(async (turns, index) => {
            for (let turn = 0; turn < turns; turn += 1) await new Promise(resolve => setImmediate(resolve))
            return outcomeOf(index === deletion ? remove(backend, message) : edit(backend, message, `edit ${index}`))
          }),
        )
        expect(outcomes[deletion]).toBe('OK')
        const edits = outcomes.filter((outcome, index) => index !== deletion && outcome === 'OK')
        for (const [index, outcome] of outcomes.entries())
          if (index !== deletion) expect(['OK', 'MESSAGE_DELETED']).toContain(outcome)
        const after = await stored(backend, message)
        expect(after).toMatchObject({ content: { kind: 'deleted' }, version: edits.length + 2, deletedById: 'alice' })
        expect(await historyOf(backend, message)).toHaveLength(edits.length + 1)
        expect(await outcomeOf(edit(backend, message, 'late'))).toBe('MESSAGE_DELETED')
      }),
      { numRuns: 30 },
    )
  })
})

describe('within one batch', () => {
  it('a revision is redacted once, also by a redaction right after the edit that made it', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice')
    const message = await backend.send('alice', room, 'hello')
    const answers = await Promise.all([
      edit(backend, message, 'edited'),
      ...Array.from({ length: 10 }, () => redact(backend, message, 1)),
    ])
    expect(answers.at(-1)).toMatchObject({ version: 2, content: { text: 'edited' } })
    expect(await historyOf(backend, message)).toEqual(['[Deleted]'])
    expect(await headOf(backend, room)).toBe(5)
    expect(await stored(backend, message)).toMatchObject({ changedSequence: 5, version: 2 })
  })

  it('a change to NONE erases what was kept before it, and a redaction after it finds nothing', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice')
    const message = await backend.send('alice', room, 'hello')
    const outcomes = await Promise.all(
      [
        edit(backend, message, 'kept for a moment'),
        change(backend, room, 'NONE'),
        redact(backend, message, 1),
        edit(backend, message, 'under NONE'),
        change(backend, room, 'MEMBERS'),
        redact(backend, message, 2),
        edit(backend, message, 'kept again'),
        redact(backend, message, 3),
      ].map(outcomeOf),
    )
    expect(outcomes).toEqual(['OK', 'OK', 'BAD_USER_INPUT', 'OK', 'OK', 'BAD_USER_INPUT', 'OK', 'OK'])
    expect(await historyOf(backend, message)).toEqual(['[Deleted]'])
    expect((await stored(backend, message)).version).toBe(4)
  })
})

describe('editWindowSeconds', () => {
  it('is counted from sending, for every edit; deleting and redacting have no window', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice')
    const message = await backend.send('alice', room, 'hello')
    await backend.run(updateConversation, 'alice', { conversationId: room.id, settings: { editWindowSeconds: 60 } })
    backend.clock.advance(59)
    await edit(backend, message, 'in time')
    backend.clock.advance(2)
    expect(await outcomeOf(edit(backend, message, 'late'))).toBe('EDIT_WINDOW_CLOSED')
    expect(await outcomeOf(edit(backend, message, 'late', 1))).toBe('EDIT_WINDOW_CLOSED')
    expect(await outcomeOf(edit(backend, message, 'in time'))).toBe('OK')
    expect(await outcomeOf(redact(backend, message, 1))).toBe('OK')
    expect(await outcomeOf(remove(backend, message))).toBe('OK')
    await backend.run(updateConversation, 'alice', { conversationId: room.id, settings: { editWindowSeconds: null } })
    const other = await backend.send('alice', room, 'other')
    backend.clock.advance(1_000_000)
    expect(await outcomeOf(edit(backend, other, 'at any time'))).toBe('OK')
  })
})
