import type { ConversationId, LogReader, MessageStore } from '@cpc-messenger/messenger'
import { describe, expect, it } from 'vitest'
import { Hub } from '../../src/delivery/streams/hub.ts'
import { SubscriptionService } from '../../src/delivery/streams/subscription-service.ts'
import { Backend, silentLog } from '../backend.ts'
import { Collector } from './collector.ts'

type Heads = LogReader['heads']

/** The real store, with other heads. */
const withHeads = (store: MessageStore, heads: (read: Heads) => Heads): MessageStore => {
  const { latest: stored } = store
  const log = { ...stored.log, heads: heads(ids => stored.log.heads(ids)) }
  const latest = new Proxy(stored, { get: (target, name) => (name === 'log' ? log : Reflect.get(target, name)) })
  return new Proxy(store, { get: (target, name) => (name === 'latest' ? latest : Reflect.get(target, name)) })
}

const open = async (heads: (read: Heads) => Heads) => {
  const backend = await Backend.open()
  const lost: ConversationId[] = []
  const errors: string[] = []
  const hub = new Hub({
    store: withHeads(backend.store, heads),
    bus: backend.bus,
    log: { ...silentLog, error: (_, message) => void errors.push(message) },
    compareEveryMs: 1_000_000,
    lostTail: id => void lost.push(id),
  })
  const room = await backend.create('alice')
  const alice = await Collector.conversation({ subscriptionService: new SubscriptionService(hub) }, 'alice', room)
  await backend.send('alice', room, 'one')
  await alice.until(({ texts }) => texts.length === 1, 'the message')
  return {
    backend,
    hub,
    room,
    lost,
    errors,
    async [Symbol.asyncDispose]() {
      alice[Symbol.dispose]()
      hub[Symbol.dispose]()
      await backend[Symbol.asyncDispose]()
    },
  }
}

describe('a store that has lost the end of a log', () => {
  it.each([
    ['whose head is behind', (head: number) => [head - 1]],
    ['that does not know the conversation', () => []],
  ])('is reported once (%s)', async (_, headsOf) => {
    await using node = await open(read => async ids => {
      const heads = await read(ids)
      return heads.flatMap(({ conversationId, head }) => headsOf(head).map(each => ({ conversationId, head: each })))
    })
    await node.hub.comparison.run()
    await node.hub.comparison.run()
    expect(node.lost).toEqual([node.room.id])
    expect(node.errors).toEqual(['the store has lost the end of a log that this node has seen'])
  })

  it('is not suspected because of events that are received while it answers', async () => {
    let meanwhile: (() => Promise<unknown>) | undefined
    await using node = await open(read => async ids => {
      const heads = await read(ids)
      await meanwhile?.()
      return heads
    })
    meanwhile = () => node.backend.send('alice', node.room, 'two')
    await node.hub.comparison.run()
    expect([node.lost, node.errors]).toEqual([[], []])
  })
})
