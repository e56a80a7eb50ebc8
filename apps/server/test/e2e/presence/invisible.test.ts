import { setTimeout as after } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { Deployment } from '../../support/deployment.ts'
import { until } from '../../support/until.ts'
import { ask } from '../server/graphql-request.ts'
import { PlainClient } from '../server/plain-client.ts'
import { tokenFor } from '../server/running-server.ts'
import { instantsIn, neutral, ReceivedBytes } from './received-bytes.ts'

const graceMs = 5000
const whole = 'presence { status statusText statusExpiresAt lastSeenAt }'

const create = `mutation ($ids: [ID!]!) {
  createConversation(input: { kind: GROUP, name: "room", memberIds: $ids }) { conversation { id lastSequence } } }`
const send = `mutation ($id: ID!) {
  sendMessage(input: { conversationId: $id, content: { text: { text: "Hello" } } }) { message { id sequence } } }`

const choose = 'mutation ($input: SetPresenceInput!) { setPresence(input: $input) { user { id } } }'

const ofSignals = `__typename
  ... on PresenceChanged { user { id displayName ${whole} } }
  ... on TypingStarted { user { id ${whole} } }
  ... on TypingStopped { user { id ${whole} } }
  ... on ReadMarkerMoved { membership { readSequence deliveredSequence user { id ${whole} } } }`
const ofEvents = `__typename ... on MessageCreated { message { author { id ${whole} } } }`

/** Everything that names the other user. */
const everything = `query ($id: ID!, $search: String!, $room: ID!) {
  user(id: $id) { id displayName ${whole} }
  node(id: $id) { ... on User { ${whole} } }
  users(search: $search) { edges { node { id ${whole} } } }
  conversation(id: $room) {
    memberCount
    heroes { id ${whole} }
    members(first: 10) { edges { node { role readSequence deliveredSequence user { id ${whole} } } } }
    messages(last: 10) { edges { node { author { id ${whole} } } } }
  }
}`

/** A signal of what is the watcher's own. */
const isOwn = (text: string): boolean => text.includes('"ViewerConversationChanged"')

/** A user with two connections, and a watcher who receives everything about the user over both protocols. */
class Pair implements AsyncDisposable {
  readonly name: string
  readonly room: string
  readonly #watcher: string
  readonly #server: Deployment
  readonly #resources = new AsyncDisposableStack()
  #devices: PlainClient[] = []
  readonly #watching: ReceivedBytes[] = []
  readonly answers: string[] = []
  sequence = 0

  constructor(server: Deployment, name: string, watcher: string, room: string) {
    this.#server = server
    this.name = name
    this.#watcher = watcher
    this.room = room
  }

  static async open(server: Deployment, name: string, watcher: string): Promise<Pair> {
    const token = await tokenFor(watcher)
    await ask(server.url, await tokenFor(name), '{ viewer { user { id } } }')
    interface Created {
      readonly createConversation: { readonly conversation: { readonly id: string } }
    }
    const { createConversation } = await ask<Created>(server.url, token, create, { ids: [name] })
    const pair = new Pair(server, name, watcher, createConversation.conversation.id)
    await pair.connect()
    await pair.send()
    await pair.#watch(token)
    return pair
  }

  async connect(): Promise<void> {
    for (let count = 0; count < 2; count += 1) {
      const device = await PlainClient.connect(this.#server, await tokenFor(this.name))
      await device.frame('Connected')
      this.#devices.push(device)
    }
  }

  async disconnect(): Promise<void> {
    const devices = this.#devices
    this.#devices = []
    await Promise.all(devices.map(device => device[Symbol.asyncDispose]()))
  }

  /** On all devices of the user. */
  say(frame: object): void {
    for (const device of this.#devices) device.send(frame)
  }

  /** Not over one of the user's connections. */
  async choose(input: object): Promise<void> {
    await ask(this.#server.url, await tokenFor(this.name), choose, { input })
  }

  /** The watcher sends a message. */
  async send(): Promise<void> {
    interface Sent {
      readonly sendMessage: { readonly message: { readonly sequence: number } }
    }
    const { sendMessage } = await ask<Sent>(this.#server.url, await tokenFor(this.#watcher), send, { id: this.room })
    this.sequence = sendMessage.message.sequence
  }

  /** The watcher queries everything. */
  async query(): Promise<void> {
    const variables = { id: this.name, search: this.name, room: this.room }
    this.answers.push(JSON.stringify(await ask(this.#server.url, await tokenFor(this.#watcher), everything, variables)))
  }

  /** Resolves when the watcher has received nothing for a second. */
  async settled(): Promise<void> {
    for (let count = -1; count !== this.#count; ) {
      count = this.#count
      await after(1000)
    }
  }

  get #count(): number {
    return this.#watching.reduce((sum, { received }) => sum + received.length, 0)
  }

  /** What was received so far belongs to the preparations. */
  begin(): void {
    for (const { received } of this.#watching) received.length = 0
  }

  /**
   * What the watcher received, by subscription, type and user, in neutral words. The times at which positions are sent
   * vary, and how often the watcher's own markers are signalled depends on when they are written.
   */
  received(): Readonly<Record<string, readonly string[]>> {
    const texts = this.#watching.flatMap(({ received }, index) =>
      received
        .filter(({ text }) => !text.includes('"StreamPosition"'))
        .map(({ group, text }) => ({ group: `${index} ${group}`, text: neutral(text, this.#names) })),
    )
    const groups = Map.groupBy(texts, ({ group, text }) => {
      const [type = ''] = /"__typename":"\w+"/.exec(text) ?? []
      return `${group} ${type} ${text.includes('SUBJECT') ? 'SUBJECT' : ''}`
    })
    return Object.fromEntries(
      [...groups].map(([group, list]) => {
        const all = list.map(({ text }) => text)
        return [group, all.every(isOwn) ? [...new Set(all)] : all]
      }),
    )
  }

  neutralAnswers(): readonly string[] {
    return this.answers.map(text => neutral(text, this.#names))
  }

  /** When the watcher received that the user is OFFLINE, and the instants in it, relative to `ms` and `at`. */
  departures(ms: number, at: number): readonly { readonly afterMs: number; readonly seenMs: number }[] {
    return this.#watching.flatMap(({ received }) =>
      received
        .filter(({ text, atMs }) => atMs > ms && text.includes('"OFFLINE"') && text.includes(this.name))
        .map(({ text, atMs }) => ({ afterMs: atMs - ms, seenMs: (instantsIn(text)[0] ?? Number.NaN) - at })),
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.disconnect()
    await this.#resources.disposeAsync()
  }

  get #names(): Readonly<Record<string, string>> {
    return { [this.name]: 'SUBJECT', [this.#watcher]: 'WATCHER' }
  }

  async #watch(token: string): Promise<void> {
    const { room, name } = this
    const subscribe = (id: string, query: string) => ({
      type: 'subscribe',
      id,
      payload: { query, variables: { room, ids: [name] } },
    })
    const url = this.#server.webSocketUrl
    const plain = await ReceivedBytes.open({
      url,
      protocol: 'messenger.v1',
      token,
      frames: [
        { type: 'SubscribeSignals', id: 'signals', conversationId: room },
        { type: 'SubscribePresence', id: 'presence', userIds: [name] },
        { type: 'SubscribeViewerSignals', id: 'viewer' },
        { type: 'Subscribe', id: 'events', conversationId: room },
      ],
    })
    const graphql = await ReceivedBytes.open({
      url,
      protocol: 'graphql-transport-ws',
      token,
      frames: [
        subscribe(
          'signals',
          `subscription ($room: ID!) { conversationSignals(conversationId: $room) { ${ofSignals} } }`,
        ),
        subscribe(
          'presence',
          `subscription ($ids: [ID!]!) { presence(userIds: $ids) { user { id displayName ${whole} } } }`,
        ),
        subscribe('viewer', 'subscription { viewerSignals { __typename } }'),
        subscribe('events', `subscription ($room: ID!) { conversationEvents(conversationId: $room) { ${ofEvents} } }`),
      ],
    })
    for (const each of [plain, graphql]) {
      this.#watching.push(each)
      this.#resources.use(each)
    }
  }
}

it('a watcher receives the same bytes about an invisible user as about an offline one, at the same times', async () => {
  await using resources = new AsyncDisposableStack()
  const server = resources.use(await Deployment.start())
  const hidden = resources.use(await Pair.open(server, 'person-h', 'watching-h'))
  const absent = resources.use(await Pair.open(server, 'person-a', 'watching-a'))
  const both = [hidden, absent]
  const query = () => Promise.all(both.map(pair => pair.query()))
  for (const pair of both) {
    pair.say({ type: 'SetPresence', status: 'AUTOMATIC', statusText: 'Here' })
    pair.say({ type: 'MarkRead', conversationId: pair.room, sequence: pair.sequence })
  }
  await Promise.all(both.map(pair => pair.settled()))
  for (const pair of both) {
    pair.begin()
    pair.say({ type: 'SetTyping', conversationId: pair.room, typing: true })
  }
  await query()
  await after(500)

  const [ms, at] = [performance.now(), Date.now()]
  hidden.say({ type: 'SetPresence', status: 'INVISIBLE' })
  await absent.disconnect()
  await after(500)
  await query()
  // All that the invisible user does from now on.
  hidden.say({ type: 'SetTyping', conversationId: hidden.room, typing: true })
  hidden.say({ type: 'SetActive', active: false })
  await Promise.all(both.map(pair => pair.send()))
  hidden.say({ type: 'MarkRead', conversationId: hidden.room, sequence: hidden.sequence })
  hidden.say({ type: 'MarkDelivered', conversationId: hidden.room, sequence: hidden.sequence })
  hidden.say({ type: 'SetPresence', status: 'INVISIBLE', statusText: 'Hiding' })
  await after(1000)
  await hidden.disconnect()
  await hidden.connect()
  hidden.say({ type: 'SetActive', active: true })
  await after(graceMs)
  await query()
  await hidden.disconnect()
  await after(500)
  await hidden.connect()
  await Promise.all(both.map(pair => pair.send()))
  hidden.say({ type: 'SetTyping', conversationId: hidden.room, typing: true })
  hidden.say({ type: 'MarkRead', conversationId: hidden.room, sequence: hidden.sequence })
  await after(graceMs + 1000)
  await query()

  // Both return.
  await Promise.all(both.map(pair => pair.choose({ status: 'AUTOMATIC', statusText: 'Back' })))
  await absent.connect()
  await after(1000)
  const departures = both.map(pair => pair.departures(ms, at))
  for (const pair of both) pair.say({ type: 'MarkRead', conversationId: pair.room, sequence: pair.sequence })
  await after(1500)
  await query()

  const text = 'statusText":"Back'
  await until(() => both.every(({ answers }) => answers.at(-1)?.includes(text) === true), 'both are back')
  const [received, expected] = both.map(pair => pair.received())
  expect(received).toEqual(expected)
  expect(hidden.neutralAnswers()).toEqual(absent.neutralAnswers())
  // Over each protocol by both subscriptions; five seconds after the departure, when each was last seen.
  const [ofHidden = [], ofAbsent = []] = departures
  expect([ofHidden.length, ofAbsent.length]).toEqual([4, 4])
  for (const { afterMs, seenMs } of [...ofHidden, ...ofAbsent]) {
    expect(afterMs).toBeGreaterThan(graceMs - 100)
    expect(afterMs).toBeLessThan(graceMs + 1500)
    expect(Math.abs(seenMs)).toBeLessThan(500)
  }
  console.log(
    `${JSON.stringify(received).length} bytes in ${Object.values(received ?? {}).flat().length} frames of ${Object.keys(received ?? {}).length} groups, and ${hidden.answers.length} answers, are the same`,
  )
}, 90_000)
