import type { Address } from '../../support/address.ts'
import { messageMutations } from '../../support/message-mutations.ts'
import { request, type Variables } from '../server/graphql-request.ts'

const mutations = {
  ...messageMutations,
  markRead: `mutation ($conversationId: ID!, $sequence: Int!) {
    markRead(input: { conversationId: $conversationId, sequence: $sequence }) { membership { readSequence } } }`,
  markDelivered: `mutation ($conversationId: ID!, $sequence: Int!) {
    markDelivered(input: { conversationId: $conversationId, sequence: $sequence }) { membership { readSequence } } }`,
  markUnread: `mutation ($conversationId: ID!, $sequence: Int!) {
    markUnread(input: { conversationId: $conversationId, sequence: $sequence }) { conversation { id } } }`,
  settings: `mutation ($input: UpdateViewerSettingsInput!) {
    updateViewerSettings(input: $input) { conversation { id } } }`,
  reply: `mutation ($conversationId: ID!, $root: ID!, $text: String!, $both: Boolean!, $key: String!) {
    sendMessage(input: { conversationId: $conversationId, threadRootId: $root, alsoInConversation: $both, clientMessageId: $key
      content: { text: { text: $text } } }) { message { id } } }`,
  follow: `mutation ($root: ID!, $follow: Boolean!) {
    followThread(input: { rootMessageId: $root, follow: $follow }) { thread { id } } }`,
  markThreadRead: `mutation ($root: ID!, $sequence: Int!) {
    markThreadRead(input: { rootMessageId: $root, sequence: $sequence }) { thread { id } } }`,
  redact: `mutation ($messageId: ID!) {
    redactRevision(input: { messageId: $messageId, version: 1 }) { message { id } } }`,
  rename: `mutation ($input: UpdateConversationInput!) { updateConversation(input: $input) { conversation { id } } }`,
  remove: `mutation ($conversationId: ID!, $userId: ID!) {
    removeMember(input: { conversationId: $conversationId, userId: $userId }) { membershipId } }`,
  add: `mutation ($conversationId: ID!, $userId: ID!) {
    addMembers(input: { conversationId: $conversationId, userIds: [$userId] }) { memberships { id } } }`,
  type: `mutation ($conversationId: ID!) { setTyping(input: { conversationId: $conversationId, typing: true }) { typing } }`,
  presence: 'mutation ($input: SetPresenceInput!) { setPresence(input: $input) { user { id } } }',
  markAllRead: 'mutation { markAllRead { conversations } }',
  join: `mutation ($conversationId: ID!) { joinConversation(input: { conversationId: $conversationId }) { membership { id } } }`,
  leave: `mutation ($conversationId: ID!) { leaveConversation(input: { conversationId: $conversationId }) { conversationId } }`,
} as const

type Kind = keyof typeof mutations

/** Refusals that a random command may well meet: of what is deleted, of who has left, of a head that another node has not seen. */
const expectedCodes = new Set(['MESSAGE_DELETED', 'FORBIDDEN', 'NOT_FOUND', 'BAD_USER_INPUT'])

export interface Place {
  readonly id: string
  readonly isChannel: boolean
}

/** People of every role who write, read, mark, archive, leave and come again at random. */
export class RandomReaders {
  readonly #server: Address
  readonly #places: readonly Place[]
  readonly #tokens: ReadonlyMap<string, string>
  readonly #random: () => number
  readonly #sent: string[] = []
  /** Messages of the timelines, which may be roots of threads. */
  readonly #roots: { readonly id: string; readonly conversationId: string }[] = []

  constructor(server: Address, places: readonly Place[], tokens: ReadonlyMap<string, string>, random: () => number) {
    this.#server = server
    this.#places = places
    this.#tokens = tokens
    this.#random = random
  }

  async run(number: number): Promise<void> {
    const user = this.#any([...this.#tokens.keys()])
    const place = this.#any(this.#places)
    const kind = this.#kind(place)
    const { data, errors } = await request<Record<string, { message?: { id: string } } | null>>(
      this.#server.url,
      this.#tokens.get(user),
      mutations[kind],
      this.#variables(kind, place.id, number),
    )
    const unexpected = errors.filter(error => !expectedCodes.has(error.extensions?.code ?? ''))
    if (unexpected.length > 0) throw new Error(`${kind}: ${JSON.stringify(unexpected)}`)
    const id = data?.sendMessage?.message?.id
    if (id === undefined) return
    this.#sent.push(id)
    if (kind === 'send') this.#roots.push({ id, conversationId: place.id })
  }

  #kind({ isChannel }: Place): Kind {
    const dice = this.#random()
    if (this.#roots.length === 0 || dice < 0.2) return 'send'
    if (dice < 0.31) return 'reply'
    if (dice < 0.33) return 'follow'
    if (dice < 0.36) return 'markThreadRead'
    if (dice < 0.38) return 'presence'
    if (dice < 0.4) return this.#any(['react', 'unreact', 'redact', 'rename', 'type'])
    if (dice < 0.42) return isChannel ? this.#any(['remove', 'add', 'add']) : 'send'
    if (dice < 0.45) return 'edit'
    if (dice < 0.52) return 'delete'
    if (dice < 0.7) return 'markRead'
    if (dice < 0.76) return 'markDelivered'
    if (dice < 0.84) return 'markUnread'
    if (dice < 0.93) return 'settings'
    if (dice < 0.95) return 'markAllRead'
    if (!isChannel) return 'send'
    return dice < 0.975 ? 'leave' : 'join'
  }

  #variables(kind: Kind, conversationId: string, number: number): Variables {
    const text = `message ${number}${this.#mention()}`
    switch (kind) {
      case 'send':
        return { conversationId, text, key: `key-${number}` }
      case 'reply': {
        const root = this.#root()
        return { ...root, text, both: this.#random() < 0.3, key: `key-${number}` }
      }
      case 'follow':
        return { root: this.#root().root, follow: this.#random() < 0.6 }
      case 'markThreadRead':
        return { root: this.#root().root, sequence: Math.floor(this.#random() * (3 + this.#sent.length / 2)) }
      case 'presence':
        return { input: { status: this.#any(['AUTOMATIC', 'AWAY', 'DO_NOT_DISTURB', 'INVISIBLE']), statusText: text } }
      case 'react':
      case 'unreact':
        return { messageId: this.#any(this.#sent.slice(-20)), emoji: this.#any(['👍', '🎉']) }
      case 'redact':
        return { messageId: this.#any(this.#sent.slice(-20)) }
      case 'rename': {
        const historyVisibility = this.#any(['NONE', 'MODERATORS', 'MEMBERS'])
        return { input: { conversationId, ...this.#any([{ topic: text }, { settings: { historyVisibility } }]) } }
      }
      case 'remove':
      case 'add':
        return { conversationId, userId: this.#any([...this.#tokens.keys()]) }
      case 'edit':
        return { messageId: this.#any(this.#sent.slice(-20)), text }
      case 'delete':
        return { messageId: this.#any(this.#sent.slice(-20)) }
      case 'markRead':
      case 'markDelivered':
      case 'markUnread':
        return { conversationId, sequence: Math.floor(this.#random() * (3 + this.#sent.length / this.#places.length)) }
      case 'settings':
        return { input: { conversationId, ...this.#settings() } }
      default:
        return { conversationId }
    }
  }

  /** Few roots, so that their threads grow. */
  #root(): { readonly root: string; readonly conversationId: string } {
    const { id, conversationId } = this.#any(this.#roots.slice(0, 8))
    return { root: id, conversationId }
  }

  #mention(): string {
    const dice = this.#random()
    if (dice < 0.3) return ` for <@${this.#any([...this.#tokens.keys()])}>`
    return dice < 0.4 ? ' for <@everyone>' : ''
  }

  #settings(): object {
    const dice = this.#random()
    if (dice < 0.5) return { archived: this.#random() < 0.7 }
    return dice < 0.75 ? { pinned: this.#random() < 0.5 } : { notifications: this.#any(['ALL', 'MENTIONS', 'NONE']) }
  }

  #any<Item>(items: readonly Item[]): Item {
    const item = items[Math.floor(this.#random() * items.length)]
    if (item === undefined) throw new TypeError('nothing to choose from')
    return item
  }
}
