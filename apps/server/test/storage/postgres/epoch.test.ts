import pg from 'pg'
import { expect, test } from 'vitest'
import { openPostgresStore, renewPostgresEpoch } from '../../../src/infrastructure/storage/postgres/message-store.ts'
import { user } from '../../backend.ts'
import { Scribe } from '../scribe.ts'
import { openPostgresHarness } from './harness.ts'

const ann = user('ann')

test('a restart keeps the epoch, every node reads a new one, and one of several renewals succeeds', async () => {
  await using harness = await openPostgresHarness()
  const { epoch } = harness.store
  expect((await harness.reopen()).epoch).toBe(epoch)
  const other = await harness.other()
  await Promise.all([harness.store.renewEpoch(), other.renewEpoch(), other.renewEpoch()])
  const renewed = await harness.store.storedEpoch()
  expect(renewed).not.toBe(epoch)
  expect(await other.storedEpoch()).toBe(renewed)
  expect(await renewPostgresEpoch(harness.url)).toBe(await other.storedEpoch())
  expect(await other.storedEpoch()).not.toBe(renewed)
})

test('nodes that start at the same time on a new database share one secret, and one that is none is refused', async () => {
  await using harness = await openPostgresHarness()
  const nodes = [harness.store, ...(await Promise.all(Array.from({ length: 4 }, () => harness.other())))]
  const secrets = await Promise.all(nodes.map(node => node.sharedSecret()))
  expect(new Set(secrets).size).toBe(1)
  const client = new pg.Client({ connectionString: harness.url })
  await client.connect()
  await client.query(`update bus_secret set secret = 'short'`)
  await client.end()
  await expect(harness.store.sharedSecret()).rejects.toThrow(/bus_secret does not hold a valid secret\. Delete its row/)
})

test('data with numbers of commits that this database has yet to give get a new epoch and greater numbers', async () => {
  await using harness = await openPostgresHarness()
  const scribe = new Scribe(harness.store)
  const room = await scribe.create({ members: [ann] })
  const { epoch } = harness.store
  const client = new pg.Client({ connectionString: harness.url })
  await client.connect()
  await client.query('update conversations set last_commit = last_commit + 1000000')
  await client.query('update events set commit_id = commit_id + 1000000')
  await client.query('update receipts set commit_id = commit_id + 1000000')
  await client.end()
  const store = await openPostgresStore({ url: harness.url })
  try {
    expect(store.epoch).not.toBe(epoch)
    const mark = await store.latest.inbox.mark()
    expect((await store.latest.inbox.changesSince([{ userId: ann, since: mark }]))[0]?.changed).toEqual([])
    await scribe.send(room, ann, 'after')
    expect((await store.latest.inbox.changesSince([{ userId: ann, since: mark }]))[0]?.changed).toEqual([
      { conversationId: room, after: 1 },
    ])
  } finally {
    await store[Symbol.asyncDispose]()
  }
  expect((await harness.reopen()).epoch).toBe(store.epoch)
})
