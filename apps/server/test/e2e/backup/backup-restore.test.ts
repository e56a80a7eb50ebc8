import { copyFile, readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import WebSocket from 'ws'
import { findingsIn } from '../../storage/findings.ts'
import { KeyedSends } from '../durability/keyed-sends.ts'
import { ask } from '../server/graphql-request.ts'
import { messengerCommand } from '../server/messenger-command.ts'
import { PlainClient } from '../server/plain-client.ts'
import { RunningServer, tokenFor } from '../server/running-server.ts'

const sendUntil = (sends: KeyedSends) => {
  let stopped = false
  const latencies: number[] = []
  const sender = async (name: number): Promise<void> => {
    for (let number = 0; !stopped; number += 1) {
      const began = performance.now()
      await sends.send(`sender-${name}-${number}`)
      latencies.push(performance.now() - began)
    }
  }
  const sending = Promise.all(Array.from({ length: 8 }, (_, index) => sender(index)))
  return {
    latencies,
    async stop(): Promise<void> {
      stopped = true
      await sending
    },
  }
}

const keysIn = (file: string): ReadonlySet<unknown> => {
  const database = new DatabaseSync(file, { readOnly: true })
  const rows = database.prepare('select client_message_id as key from messages').all()
  database.close()
  return new Set(rows.map(({ key }) => key))
}

describe('a backup of a server that is busy', () => {
  it('holds every send that was answered before, no half of one, and holds no one up', async () => {
    await using server = await RunningServer.start()
    const sends = await KeyedSends.inNewRoom(server, 2000)
    const sending = sendUntil(sends)
    await expect.poll(() => sends.answered.size, { timeout: 60_000 }).toBeGreaterThan(300)
    const before = [...sends.answered.keys()]
    const to = join(server.folder, 'backup.db')
    const { code, stdout, stderr } = await messengerCommand(server.databaseFile, ['backup', to])
    await sending.stop()
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/^Backup written and verified: .*backup\.db \(\d+\.\d MB\)\.\n.*messenger\.key\.json\n$/)
    const kept = keysIn(to)
    expect(before.filter(key => !kept.has(key))).toEqual([])
    expect(kept.size).toBeLessThan(sends.answered.size)
    expect(await findingsIn(to)).toEqual([])
    expect(Math.max(...sending.latencies)).toBeLessThan(4000)
    await sends.verify()
  }, 90_000)

  it('is refused in a line where it cannot be', async () => {
    await using server = await RunningServer.start()
    const to = join(server.folder, 'backup.db')
    const backup = (...words: readonly string[]) => messengerCommand(server.databaseFile, ['backup', ...words])
    expect((await backup(to)).code).toBe(0)
    const line = (start: RegExp) => ({ code: 1, stdout: '', stderr: expect.stringMatching(start) })
    expect(await backup(to)).toEqual(line(/^[^\n]+already exists[^\n]+--force\.\n$/))
    expect((await backup(to, '--force')).code).toBe(0)
    expect(await backup()).toEqual(line(/^FILE is missing\. Usage: [^\n]+\n$/))
    expect(await backup(to, 'another')).toEqual(line(/^Give only one file[^\n]+\n$/))
    expect(await backup(to, '--database-url', 'file:nothing.db')).toEqual(line(/^There is no data[^\n]+\n$/))
    expect(await backup(to, '--database-url=postgres://h/d')).toEqual(line(/^[^\n]+pg_dump[^\n]+\n$/))
    const restore = (...words: readonly string[]) => messengerCommand(server.databaseFile, ['restore', ...words])
    expect(await restore(to)).toEqual(line(/^Another server is using[^\n]+\n$/))
    expect(await restore('--new-epoch')).toEqual(line(/^Another server is using[^\n]+\n$/))
    expect(await restore()).toEqual(line(/^FILE or --new-epoch[^\n]+\n$/))
    expect(await restore(to, '--new-epoch')).toEqual(line(/^FILE and --new-epoch cannot be combined[^\n]+\n$/))
    expect(await restore(to, '--database-url=postgres://h/d')).toEqual(line(/^[^\n]+pg_restore[^\n]+\n$/))
    expect(await restore('nothing.db')).toEqual(line(/^There is nothing to restore[^\n]+\n$/))
  }, 90_000)
})

/** What a client of `graphql-transport-ws` gets whose `connection_init` has this position, and its subscriptions none. */
const resumedAnswer = async (server: RunningServer, token: string, { from, epoch }: Position): Promise<string> => {
  const socket = new WebSocket(`${server.webSocketUrl}/graphql`, 'graphql-transport-ws')
  const { promise, resolve } = Promise.withResolvers<string>()
  const send = (message: object) => socket.send(JSON.stringify(message))
  const payload = { authorization: `Bearer ${token}`, epoch, from }
  socket.on('open', () => send({ type: 'connection_init', payload }))
  socket.on('message', data => {
    const text = String(data)
    if (!text.includes('connection_ack')) resolve(text)
    else send({ id: '1', type: 'subscribe', payload: { query: 'subscription { inboxEvents { __typename } }' } })
  })
  socket.on('close', (code, reason) => resolve(`${code} ${reason}`))
  const text = await promise
  socket.terminate()
  return text
}

interface Position {
  readonly conversationId: string
  readonly after: number
  readonly epoch: string
  readonly from: string
}

/** What a client of `messenger.v1` gets that reconnects with this position. */
const plainAnswers = async (server: RunningServer, token: string, { from, ...conversation }: Position) => {
  await using client = await PlainClient.connect(server, token)
  await client.frame('Connected')
  client.send({ type: 'Subscribe', id: 'conversation', ...conversation })
  client.send({ type: 'SubscribeInbox', id: 'inbox', from, epoch: conversation.epoch })
  const codeOf = async (id: string) =>
    client.frames.find(frame => frame.id === id)?.code ?? (await client.frame('Error', frame => frame.id === id)).code
  return [await codeOf('conversation'), await codeOf('inbox')]
}

const streamText = async (server: RunningServer, token: string, query: string, variables: object, headers = {}) => {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      accept: 'text/event-stream',
      ...headers,
    },
    body: JSON.stringify({ query, variables }),
  })
  let text = ''
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk).toString()
    if (/RESYNC|"live":true/.test(text)) break
  }
  return text
}

const conversationEvents = `subscription ($conversationId: ID!, $after: Int, $epoch: ID) {
  conversationEvents(conversationId: $conversationId, after: $after, epoch: $epoch) {
    __typename ... on StreamPosition { live epoch position } } }`
const inboxEvents = `subscription ($from: String, $epoch: ID) {
  inboxEvents(from: $from, epoch: $epoch) { __typename ... on StreamPosition { live epoch position } } }`

/** The position of a subscriber of all of the inbox, and the id of the last event that it got. */
const readPosition = async (server: RunningServer, token: string, conversationId: string) => {
  await using client = await PlainClient.connect(server, token)
  client.send({ type: 'SubscribeInbox', after: { [conversationId]: 0 } })
  const { epoch, position } = await client.frame('StreamPosition', frame => frame.live === true)
  const { lastSequence } = (
    await ask<{ conversation: { lastSequence: number } }>(
      server.url,
      token,
      'query ($id: ID!) { conversation(id: $id) { lastSequence } }',
      { id: conversationId },
    )
  ).conversation
  return { conversationId, after: lastSequence, epoch: String(epoch), from: String(position) }
}

const startedWithRoom = async () => {
  const server = await RunningServer.start()
  const token = await tokenFor('alice')
  const { createConversation } = await ask<{ createConversation: { conversation: { id: string } } }>(
    server.url,
    token,
    'mutation { createConversation(input: { kind: GROUP, name: "room" }) { conversation { id } } }',
  )
  return { server, token, position: await readPosition(server, token, createConversation.conversation.id) }
}

const expectResync = async (server: RunningServer, token: string, position: Position): Promise<void> => {
  const { conversationId, after, epoch, from } = position
  expect(await plainAnswers(server, token, position)).toEqual(['RESYNC', 'RESYNC'])
  expect(await streamText(server, token, conversationEvents, { conversationId, after, epoch })).toContain('RESYNC')
  expect(await streamText(server, token, inboxEvents, { from, epoch })).toContain('RESYNC')
  expect(await resumedAnswer(server, token, position)).toContain('RESYNC')
  // Clients that reconnect fetch again, and go on from there.
  const fresh = await readPosition(server, token, conversationId)
  expect(fresh.epoch).not.toBe(epoch)
  expect(await streamText(server, token, conversationEvents, { ...fresh })).toContain('"live":true')
  expect(await streamText(server, token, inboxEvents, { ...fresh })).toContain('"live":true')
  expect(await resumedAnswer(server, token, fresh)).toContain('StreamPosition')
}

describe('a restore', () => {
  it('sends RESYNC to clients with positions from before, on both protocols', async () => {
    const { server, token, position } = await startedWithRoom()
    await using _running = server
    const backup = join(server.folder, 'backup.db')
    expect((await messengerCommand(server.databaseFile, ['backup', backup])).code).toBe(0)
    await server.stop()
    const { code, stdout, stderr } = await messengerCommand(server.databaseFile, ['restore', backup])
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/with the new epoch [0-9a-f-]{36}\. [^\n]+RESYNC[^\n]+\n[^\n]+\.before-restore-[^\n]+\n$/)
    await server.start()
    await expectResync(server, token, position)
  }, 90_000)

  it('by other means does so with a new epoch', async () => {
    const { server, token, position } = await startedWithRoom()
    await using _running = server
    const copy = join(server.folder, 'copy.db')
    await server.stop()
    await copyFile(server.databaseFile, copy)
    await copyFile(copy, server.databaseFile)
    await server.start()
    // As the same data in the same epoch the positions would go on working.
    const { conversationId, after, epoch } = position
    expect(await streamText(server, token, conversationEvents, { conversationId, after, epoch })).toContain('"live"')
    await server.stop()
    expect((await messengerCommand(server.databaseFile, ['restore', '--new-epoch'])).code).toBe(0)
    await server.start()
    await expectResync(server, token, position)
    expect((await readdir(dirname(server.databaseFile))).filter(name => /restor/.test(name))).toEqual([])
  }, 90_000)
})
