import { setTimeout as after } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { ask } from './graphql-request.ts'
import { RunningServer, tokenFor } from './running-server.ts'
import { storeStatements } from './store-statements.ts'
import { type StormProtocol, StormSubscriber } from './storm-subscriber.ts'

/** `STORM=5000` for the full size. */
const subscriberCount = Number(process.env.STORM ?? 500)
const sendEveryMs = 100
const caughtUpWithinMs = 30_000
const membersPerCommand = 100

const createRoom = 'mutation { createConversation(input: { kind: GROUP, name: "room" }) { conversation { id } } }'
const addMembers =
  'mutation ($id: ID!, $users: [ID!]!) { addMembers(input: { conversationId: $id, userIds: $users }) { __typename } }'
const sendMessage = `mutation ($id: ID!, $text: String!) {
  sendMessage(input: { conversationId: $id, content: { text: { text: $text } } }) { message { id sequence } } }`
const addReaction = 'mutation ($id: ID!) { addReaction(input: { messageId: $id, emoji: "👍" }) { reaction { emoji } } }'

const until = async (condition: () => boolean, withinMs: number, what: () => string): Promise<void> => {
  const deadline = performance.now() + withinMs
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`${what()} within ${withinMs} ms`)
    await after(20)
  }
}

/** A room whose owner sends, and a subscriber for each of its other members. */
class Storm {
  readonly #server: RunningServer
  readonly #owner: string
  readonly #room: string
  readonly subscribers: readonly StormSubscriber[]
  head: number

  private constructor(
    server: RunningServer,
    owner: string,
    room: string,
    head: number,
    subscribers: readonly StormSubscriber[],
  ) {
    this.#server = server
    this.#owner = owner
    this.#room = room
    this.head = head
    this.subscribers = subscribers
  }

  static async gather(server: RunningServer, protocol: StormProtocol): Promise<Storm> {
    const owner = await tokenFor('owner')
    const { createConversation } = await ask<{ createConversation: { conversation: { id: string } } }>(
      server.url,
      owner,
      createRoom,
    )
    const { id } = createConversation.conversation
    const names = Array.from({ length: subscriberCount }, (_, index) => `member-${index}`)
    const tokens = await Promise.all(names.map(name => tokenFor(name)))
    for (let from = 0; from < names.length; from += membersPerCommand)
      await ask(server.url, owner, addMembers, { id, users: names.slice(from, from + membersPerCommand) })
    const { conversation } = await ask<{ conversation: { lastSequence: number } }>(
      server.url,
      owner,
      'query ($id: ID!) { conversation(id: $id) { lastSequence } }',
      { id },
    )
    const last = conversation.lastSequence
    const subscribers = tokens.map(token => new StormSubscriber(server, protocol, { token, conversationId: id, last }))
    return new Storm(server, owner, id, last, subscribers)
  }

  /** A message, and every other time a reaction to it. */
  async send(number: number): Promise<void> {
    const { sendMessage: sent } = await ask<{ sendMessage: { message: { id: string; sequence: number } } }>(
      this.#server.url,
      this.#owner,
      sendMessage,
      { id: this.#room, text: `message ${number}` },
    )
    this.head = sent.message.sequence
    if (number % 2 === 1) return
    await ask(this.#server.url, this.#owner, addReaction, { id: sent.message.id })
    this.head += 1
  }

  /** All connect within a second. */
  async open(): Promise<void> {
    const everyMs = 1000 / this.subscribers.length
    await Promise.all(
      this.subscribers.map(async (subscriber, index) => {
        await after(index * everyMs)
        await subscriber.open()
      }),
    )
  }

  async caughtUp(withinMs: number): Promise<void> {
    const failure = (): string | undefined => this.subscribers.find(one => one.failure !== undefined)?.failure
    const behind = () => this.subscribers.filter(({ live, last }) => !live || last < this.head)
    await until(
      () => failure() !== undefined || behind().length === 0,
      withinMs,
      () => `${behind().length} of ${this.subscribers.length} were not at ${this.head}`,
    )
    expect(failure()).toBeUndefined()
    for (const { last } of this.subscribers) expect(last).toBe(this.head)
  }

  cut(): void {
    for (const subscriber of this.subscribers) subscriber.cut()
  }
}

/** Sends until it is stopped; answers how many it sent. */
const keepSending = (storm: Storm) => {
  let stopped = false
  const sending = (async () => {
    let number = 0
    while (!stopped) {
      await Promise.all([storm.send(number), after(sendEveryMs)])
      number += 1
    }
    return number
  })()
  return {
    async stop(): Promise<number> {
      stopped = true
      return sending
    },
  }
}

describe.each(['graphql-transport-ws', 'messenger.v1'] as const)(
  'all subscribers cut and back at once (%s)',
  protocol => {
    it(`miss nothing, get nothing twice, and cost the store less than 100 reads (${subscriberCount})`, async () => {
      await using server = await RunningServer.start()
      const storm = await Storm.gather(server, protocol)
      await storm.open()
      await storm.caughtUp(caughtUpWithinMs)
      for (let number = 0; number < 20; number += 1) await storm.send(number)
      await storm.caughtUp(caughtUpWithinMs)

      const before = await storeStatements(server.url)
      const sending = keepSending(storm)
      storm.cut()
      await after(500)
      const cameBackAt = performance.now()
      await storm.open()
      const connectedAt = performance.now()
      await until(
        () => storm.subscribers.every(({ live, failure }) => live || failure !== undefined),
        caughtUpWithinMs,
        () => 'not all were live',
      )
      const sends = await sending.stop()
      await storm.caughtUp(caughtUpWithinMs - (performance.now() - cameBackAt))
      const seconds = (performance.now() - cameBackAt) / 1000
      const statements = await storeStatements(server.url)
      const reads = statements.read - before.read
      console.log(
        `${protocol}: ${subscriberCount} back and caught up in ${seconds.toFixed(1)} s ` +
          `(connected after ${((connectedAt - cameBackAt) / 1000).toFixed(1)} s), ${reads} reads, ` +
          `${statements.write - before.write} statements of ${sends} sends`,
      )
      storm.cut()
      expect(seconds).toBeLessThan(caughtUpWithinMs / 1000)
      expect(reads).toBeLessThan(100)
    }, 180_000)
  },
)
