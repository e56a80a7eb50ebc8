import { type ConversationId, type MessageId, parseConversationId } from '@cpc-messenger/messenger'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { OperationRunner } from '../../../src/infrastructure/graphql/operations/operation-runner.ts'
import { updateConversation } from '../../../src/services/commands/conversations.ts'
import { addMembers, removeMember } from '../../../src/services/commands/members.ts'
import { deleteMessage, sendMessage, updateMessage } from '../../../src/services/commands/messages.ts'
import { addReaction, removeReaction } from '../../../src/services/commands/reactions.ts'
import type { UseCase } from '../../../src/services/commit/use-case.ts'
import { actorOf } from '../../../src/services/identity/actor.ts'
import { GraphQLServer, userId } from '../../graphql/graphql-server.ts'
import { holdReaders } from '../clients/busy-readers.ts'
import { ManualSubscriber, runnerOf } from '../clients/manual-subscriber.ts'

let server: GraphQLServer
let runner: OperationRunner
beforeAll(async () => {
  server = await GraphQLServer.open()
  runner = runnerOf(server)
})
afterAll(() => server[Symbol.asyncDispose]())

const message = 'content { text } reactions { emoji } replyTo { content { text } reactions { emoji } }'
const events = (ofMessage: string, ofConversation: string): string => `__typename ... on StreamPosition { live }
  ... on ConversationEvent { conversationId sequence }
  ... on MessageCreated { message { ${ofMessage} } } ... on MessageUpdated { message { ${ofMessage} } }
  ... on MessageDeleted { message { ${ofMessage} } }
  ... on ReactionEvent { message { ${ofMessage} } }
  ... on ConversationUpdated { conversation { name ${ofConversation} } }`

const forAll = events(message, `lastMessage { ${message} } memberCount`)
const around = `messages(last: 5) { edges { node { ${message} } } }`
const forViewer = events(`${message} author { id } conversation { name ${around} }`, around)

const ofConversation = (selection: string): string =>
  `subscription($id: ID!, $after: Int) { conversationEvents(conversationId: $id, after: $after) { ${selection} } }`
const ofInbox = (selection: string): string => `subscription { inboxEvents { ${selection} } }`

const emojis = ['👍', '🎉', '🚀', '🐙', '🍕', '🎈', '🌵', '🦊', '🍋', '🎲']

/** Something that may be seen: a text, a name or an emoji, each used once. */
interface Token {
  readonly text: string
  /** The number of the command that made it. */
  readonly madeAt: number
}

interface SentMessage {
  readonly id: MessageId
  text: Token
  readonly reactions: Map<string, Token>
}

/** What was committed and answered, and which part of it may no longer be sent to any user, or to bob. */
class Room {
  readonly id: ConversationId
  readonly subscribers: { readonly name: string; readonly stream: ManualSubscriber; readonly sequences: number[] }[] =
    []
  readonly #messages: SentMessage[] = []
  readonly #tokens = new Map<string, Token>()
  readonly #erased = new Set<Token>()
  readonly #faults: string[] = []
  #name: Token | undefined
  #commands = 0
  /** The number of the command that removed bob. */
  #bobOut: number | undefined
  #held: AsyncDisposable | undefined

  private constructor(id: ConversationId) {
    this.id = id
  }

  static async open(): Promise<Room> {
    const id = parseConversationId(await server.create('alice', ['bob']))
    if (id === undefined) throw new TypeError('a conversation without an id')
    const room = new Room(id)
    for (const name of ['alice', 'bob'])
      for (const selection of [forAll, forViewer]) {
        await room.subscribe(name, ofConversation(selection))
        await room.subscribe(name, ofInbox(selection))
      }
    return room
  }

  async subscribe(name: string, query: string, variables: object = {}): Promise<void> {
    const stream = await ManualSubscriber.open(runner, server, name, query, { id: this.id, ...variables })
    this.subscribers.push({ name, stream, sequences: [] })
  }

  get faults(): readonly string[] {
    return this.#faults
  }

  get hasBob(): boolean {
    return this.#bobOut === undefined
  }

  async send(quoted: number): Promise<void> {
    const text = this.#token()
    const replyToId = this.#messageAt(quoted)?.id ?? null
    const content = { text: text.text, format: 'PLAIN' } as const
    const input = { conversationId: this.id, content, clientMessageId: null, metadata: null }
    const { id } = await this.#commit(sendMessage, { ...input, replyToId })
    this.#messages.push({ id, text, reactions: new Map() })
  }

  async edit(which: number): Promise<void> {
    const known = this.#messageAt(which)
    if (known === undefined) return
    const text = this.#token()
    const content = { text: text.text, format: 'PLAIN' } as const
    await this.#commit(updateMessage, { messageId: known.id, content, expectedVersion: null })
    this.#erased.add(known.text)
    known.text = text
  }

  async delete(which: number): Promise<void> {
    const known = this.#messageAt(which)
    if (known === undefined) return
    this.#messages.splice(this.#messages.indexOf(known), 1)
    await this.#commit(deleteMessage, { messageId: known.id })
    for (const token of [known.text, ...known.reactions.values()]) this.#erased.add(token)
  }

  async react(which: number): Promise<void> {
    const known = this.#messageAt(which)
    const emoji = emojis.find(text => !this.#tokens.has(text))
    if (known === undefined || emoji === undefined) return
    known.reactions.set(emoji, this.#token(emoji))
    await this.#commit(addReaction, { messageId: known.id, emoji })
  }

  async takeBack(which: number): Promise<void> {
    const known = this.#messageAt(which)
    const [entry] = known?.reactions ?? []
    if (known === undefined || entry === undefined) return
    const [emoji, token] = entry
    known.reactions.delete(emoji)
    await this.#commit(removeReaction, { messageId: known.id, emoji })
    this.#erased.add(token)
  }

  async rename(): Promise<void> {
    const before = this.#name
    this.#name = this.#token(`name${this.#commands}.`)
    await this.#commit(updateConversation, { conversationId: this.id, name: this.#name.text })
    if (before !== undefined) this.#erased.add(before)
  }

  async remove(): Promise<void> {
    if (!this.hasBob) return
    this.#commands += 1
    const number = this.#commands
    await this.#commit(removeMember, { conversationId: this.id, userId: userId('bob') })
    this.#bobOut = number
  }

  async readd(): Promise<void> {
    if (this.hasBob) return
    // It writes to the table of users, which is locked while readers are held.
    await this.release()
    this.#bobOut = undefined
    await this.#commit(addMembers, { conversationId: this.id, userIds: [userId('bob')] })
  }

  async hold(): Promise<void> {
    this.#held ??= await holdReaders(server)
  }

  async release(): Promise<void> {
    await this.#held?.[Symbol.asyncDispose]()
    this.#held = undefined
  }

  /** A device resumes from the beginning. */
  async replay(name: string): Promise<void> {
    if (name === 'bob' && !this.hasBob) return
    await this.release()
    await this.subscribe(name, ofConversation(name === 'bob' ? forViewer : forAll), { after: 0 })
  }

  /** Its socket has room for so many results. */
  take(which: number, most: number): void {
    const subscriber = this.subscribers[which % this.subscribers.length]
    for (let count = 0; subscriber !== undefined && count < most; count += 1) {
      const text = subscriber.stream.take()
      if (text === undefined) return
      this.#judge(subscriber.name, text, subscriber.sequences)
    }
  }

  /** Everything that is pending goes out. */
  async drain(): Promise<void> {
    await this.release()
    await this.send(0)
    const last = this.#messages.at(-1)?.text.text ?? ''
    for (const { name, stream, sequences } of this.subscribers) {
      const taken: string[] = []
      if (name === 'alice' || (this.hasBob && !stream.ended))
        taken.push(...(await stream.takeUntil(text => text.includes(last))))
      for (const text of taken) this.#judge(name, text, sequences)
    }
  }

  close(): void {
    for (const { stream } of this.subscribers) stream[Symbol.dispose]()
  }

  #commit<Input, Result>(useCase: UseCase<Input, Result>, input: Input): Promise<Result> {
    return server.dependencies.committer.run(useCase, input, actorOf(userId('alice')))
  }

  #token(text = `t${this.#commands + 1}.`): Token {
    this.#commands += 1
    const token = { text, madeAt: this.#commands }
    this.#tokens.set(text, token)
    return token
  }

  #messageAt(which: number): SentMessage | undefined {
    return this.#messages[which % (this.#messages.length || 1)]
  }

  #judge(name: string, text: string, sequences: number[]): void {
    const item = Object(Object.values(JSON.parse(text).data ?? {})[0])
    // The inboxes receive events of the rooms of other runs too.
    if (item.conversationId !== this.id && item.conversationId !== undefined) return
    if (JSON.parse(text).errors !== undefined) this.#faults.push(`${name} was sent an error: ${text}`)
    if (item.sequence !== undefined) sequences.push(item.sequence)
    for (const token of this.#tokens.values()) {
      // The server's own message of a change of name goes on quoting it.
      const shown = token.text.startsWith('name') ? `"name":"${token.text}"` : token.text
      if (!text.includes(shown)) continue
      if (this.#erased.has(token)) this.#faults.push(`${name} was sent ${token.text}, which was erased: ${text}`)
      else if (name === 'bob' && this.#bobOut !== undefined && token.madeAt > this.#bobOut)
        this.#faults.push(`bob was sent ${token.text}, which is later than their removal: ${text}`)
    }
  }
}

type Step = readonly [name: string, run: (room: Room) => unknown]
const any = fc.nat(30)
const turn = (): Promise<void> => new Promise(resolve => setTimeout(resolve, 1))

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: any.map((n): Step => [`send ${n}`, room => room.send(n)]) },
  { weight: 2, arbitrary: any.map((n): Step => [`edit ${n}`, room => room.edit(n)]) },
  { weight: 2, arbitrary: any.map((n): Step => [`delete ${n}`, room => room.delete(n)]) },
  { weight: 2, arbitrary: any.map((n): Step => [`react ${n}`, room => room.react(n)]) },
  { weight: 1, arbitrary: any.map((n): Step => [`take back ${n}`, room => room.takeBack(n)]) },
  { weight: 1, arbitrary: fc.constant<Step>(['rename', room => room.rename()]) },
  { weight: 2, arbitrary: fc.constant<Step>(['remove', room => room.remove()]) },
  { weight: 1, arbitrary: fc.constant<Step>(['re-add', room => room.readd()]) },
  { weight: 1, arbitrary: fc.constant<Step>(['hold', room => room.hold()]) },
  { weight: 2, arbitrary: fc.constant<Step>(['release', room => room.release()]) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('alice', 'bob').map((name): Step => [`replay ${name}`, r => r.replay(name)]),
  },
  {
    weight: 12,
    arbitrary: fc
      .tuple(any, fc.integer({ min: 1, max: 4 }))
      .map(([n, most]): Step => [`take ${n} ${most}`, room => room.take(n, most)]),
  },
  { weight: 6, arbitrary: fc.constant<Step>(['turn', turn]) },
)

it('nothing that was erased goes out, and to a removed member nothing later, in any order', async () => {
  const runs = process.env.ENGINE === 'postgres' ? 15 : 40
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 80 }), async steps => {
      const room = await Room.open()
      try {
        for (const [, run] of steps) await run(room)
        await room.drain()
        expect(room.faults).toEqual([])
        for (const { name, sequences } of room.subscribers)
          if (name === 'alice') expect(sequences).toEqual(sequences.map((_, index) => (sequences[0] ?? 0) + index))
      } finally {
        await room.release()
        room.close()
      }
    }),
    { numRuns: runs },
  )
}, 120_000)
