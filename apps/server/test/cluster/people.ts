import { setTimeout as after } from 'node:timers/promises'
import { messageMutations } from '../support/message-mutations.ts'
import type { Journal } from './journal.ts'
import { type ConversationModel, countEvent, type MessageModel } from './model.ts'
import { type Carried, persist } from './persistent-command.ts'

const documents = {
  ...messageMutations,
  join: 'mutation ($conversationId: ID!) { joinConversation(input: { conversationId: $conversationId }) { __typename } }',
  add: `mutation ($conversationId: ID!, $userId: ID!) {
    addMembers(input: { conversationId: $conversationId, userIds: [$userId] }) { __typename } }`,
  leave:
    'mutation ($conversationId: ID!) { leaveConversation(input: { conversationId: $conversationId }) { __typename } }',
  remove: `mutation ($conversationId: ID!, $userId: ID!) {
    removeMember(input: { conversationId: $conversationId, userId: $userId }) { __typename } }`,
} as const

type Kind = keyof typeof documents

/** Of a hundred commands. */
const shares: readonly (readonly [Kind, number])[] = [
  ['send', 44],
  ['edit', 14],
  ['delete', 6],
  ['react', 14],
  ['unreact', 8],
  ['leave', 4],
  ['remove', 3],
  ['add', 7],
]

const emoji = ['👍', '🎉', '👩‍🚀']
/** How far back people react, edit and delete. */
const recent = 30

interface PeopleDependencies {
  readonly conversations: readonly ConversationModel[]
  readonly tokens: ReadonlyMap<string, string>
  readonly random: () => number
  readonly anyNode: () => string
  readonly journal: Journal
}

/**
 * People who do something at random, and repeat it until it is answered. Two commands whose order would matter for what has
 * to come out are never under way together, so the model knows the outcome of each.
 */
export class People {
  readonly counts = new Map<Kind, number>()
  /** Commands that had to be sent more than once. */
  repeated = 0
  readonly #parts: PeopleDependencies
  readonly #busy = new Set<string>()
  #number = 0

  constructor(parts: PeopleDependencies) {
    this.#parts = parts
  }

  async act(): Promise<void> {
    const conversation = this.#pick(this.#parts.conversations)
    const kind = this.#kind()
    switch (kind) {
      case 'send':
        return this.#send(conversation)
      case 'edit':
      case 'delete':
      case 'react':
      case 'unreact':
        return this.#onMessage(kind, conversation)
      case 'leave':
      case 'remove':
        return this.#depart(kind, conversation)
      case 'join':
      case 'add':
        return this.#rejoin(conversation)
    }
  }

  /** A user who has left joins again. */
  async gather(users: Iterable<string>): Promise<void> {
    for (const conversation of this.#parts.conversations)
      for (const user of users) if (!conversation.members.has(user)) await this.#bring(conversation, user)
  }

  async #send(conversation: ConversationModel): Promise<void> {
    const author = this.#pick([...conversation.members])
    await this.#alone([inConversation(conversation, author)], async () => {
      const key = `key-${this.#nextNumber()}`
      const text = `message ${key}`
      const { data } = await this.#run('send', author, { conversationId: conversation.id, text, key })
      const { message } = data.sendMessage as { message: { id: string } }
      if (conversation.messages.has(message.id)) throw new Error(`${key} was answered with an older message`)
      const events = new Map([['MessageCreated', 1]])
      const model = { id: message.id, key, author, text, deleted: false, reactions: new Set<string>(), events }
      conversation.messages.set(message.id, model)
    })
  }

  async #onMessage(kind: 'edit' | 'delete' | 'react' | 'unreact', conversation: ConversationModel): Promise<void> {
    const message = this.#pickRecent(conversation)
    if (message === undefined) return
    const actor = kind === 'react' || kind === 'unreact' ? this.#pick([...conversation.members]) : message.author
    await this.#alone([inConversation(conversation, actor), message.id], async () => {
      if (message.deleted || !conversation.members.has(actor)) return
      const chosen = this.#pick(emoji)
      if (kind === 'edit') await this.#edit(message)
      else if (kind === 'delete') await this.#delete(message)
      else await this.#toggle(kind, message, actor, chosen)
    })
  }

  async #edit(message: MessageModel): Promise<void> {
    const text = `edit ${this.#nextNumber()}`
    await this.#run('edit', message.author, { messageId: message.id, text })
    message.text = text
    countEvent(message, 'MessageUpdated')
  }

  async #delete(message: MessageModel): Promise<void> {
    await this.#run('delete', message.author, { messageId: message.id })
    message.deleted = true
    message.text = '[Deleted]'
    message.reactions.clear()
    countEvent(message, 'MessageDeleted')
  }

  async #toggle(kind: 'react' | 'unreact', message: MessageModel, actor: string, chosen: string): Promise<void> {
    const reaction = `${chosen} ${actor}`
    const changes = message.reactions.has(reaction) === (kind === 'unreact')
    await this.#run(kind, actor, { messageId: message.id, emoji: chosen })
    if (!changes) return
    if (kind === 'react') message.reactions.add(reaction)
    else message.reactions.delete(reaction)
    countEvent(message, kind === 'react' ? 'ReactionAdded' : 'ReactionRemoved')
  }

  async #depart(kind: 'leave' | 'remove', conversation: ConversationModel): Promise<void> {
    const user = this.#pick([...conversation.members])
    if (user === conversation.owner) return
    await this.#alone([inConversation(conversation, user)], async () => {
      const actor = kind === 'leave' ? user : conversation.owner
      const variables = { conversationId: conversation.id, ...(kind === 'remove' && { userId: user }) }
      await this.#run(kind, actor, variables, ['NOT_FOUND', 'FORBIDDEN'])
      conversation.left(user)
    })
  }

  async #rejoin(conversation: ConversationModel): Promise<void> {
    const outside = [...this.#parts.tokens.keys()].filter(user => !conversation.members.has(user))
    if (outside.length === 0) return
    const user = this.#pick(outside)
    await this.#alone([inConversation(conversation, user)], () => this.#bring(conversation, user))
  }

  async #bring(conversation: ConversationModel, user: string): Promise<void> {
    if (conversation.members.has(user)) return
    const triedAt = Date.now()
    const { id: conversationId } = conversation
    if (conversation.open) await this.#run('join', user, { conversationId })
    else await this.#run('add', conversation.owner, { conversationId, userId: user })
    conversation.came(user, triedAt)
  }

  async #run(
    kind: Kind,
    actor: string,
    variables: Readonly<Record<string, string>>,
    doneBefore: readonly string[] = [],
  ): Promise<Carried> {
    const token = this.#parts.tokens.get(actor) ?? ''
    const command = { name: kind, actor, token, query: documents[kind], variables, doneBefore }
    const carried = await persist(command, this.#parts.anyNode, this.#parts.journal)
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1)
    if (carried.tries > 1) this.repeated += 1
    return carried
  }

  /** Does nothing where another command under way has one of these in hand. */
  async #alone(names: readonly string[], act: () => Promise<void>): Promise<void> {
    if (names.some(name => this.#busy.has(name))) return after(1)
    for (const name of names) this.#busy.add(name)
    try {
      await act()
    } finally {
      for (const name of names) this.#busy.delete(name)
    }
  }

  #nextNumber(): number {
    this.#number += 1
    return this.#number
  }

  #kind(): Kind {
    let dice = this.#parts.random() * shares.reduce((sum, [, share]) => sum + share, 0)
    for (const [kind, share] of shares) {
      dice -= share
      if (dice < 0) return kind
    }
    return 'send'
  }

  #pickRecent({ messages }: ConversationModel): MessageModel | undefined {
    const last = [...messages.values()].slice(-recent)
    return last.length === 0 ? undefined : this.#pick(last)
  }

  #pick<Item>(items: readonly Item[]): Item {
    const item = items[Math.floor(this.#parts.random() * items.length)]
    if (item === undefined) throw new TypeError('nothing to pick from')
    return item
  }
}

const inConversation = ({ id }: ConversationModel, user: string): string => `${id} ${user}`
