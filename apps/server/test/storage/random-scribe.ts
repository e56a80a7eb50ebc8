import {
  type ConversationId,
  type Message,
  type MessageStore,
  newPresence,
  newViewerState,
  type Reaction,
  type UserId,
} from '@cpc-messenger/messenger'
import { seeded } from '../seeded.ts'
import { userId } from './named-ids.ts'
import { Scribe } from './scribe.ts'

interface Sent {
  message: Message
  readonly reactions: Map<string, Reaction>
}

interface Room {
  readonly id: ConversationId
  readonly members: Set<UserId>
  readonly messages: Sent[]
}

const emojis = ['👍', '🎉', '👎']
const people = Array.from({ length: 12 }, (_, index) => userId(`person-${index}`))

/** Writes rows of every kind that a store keeps, in a random order. */
export class RandomScribe {
  readonly store: MessageStore
  readonly #scribe: Scribe
  readonly #random: () => number
  readonly #rooms: Room[] = []
  #keys = 0
  #freeKey: string | undefined

  constructor(store: MessageStore, seed: number) {
    this.store = store
    this.#scribe = new Scribe(store)
    this.#random = seeded(seed)
  }

  async steps(count: number): Promise<void> {
    for (let step = 0; step < count; step += 1) await this.step()
  }

  /** Many messages in few commits. */
  async fill(count: number): Promise<void> {
    const room = this.#any(this.#rooms)
    const [author] = room?.members ?? []
    if (room !== undefined && author !== undefined) await this.#scribe.sendMany(room.id, author, count)
  }

  async step(): Promise<void> {
    const chance = this.#random()
    const room = this.#any(this.#rooms)
    if (room === undefined || chance < 0.03) return this.#create()
    if (chance < 0.04 && this.#rooms.length > 3) return this.#delete(room)
    if (chance < 0.05) return void (await this.store.purge(5))
    if (chance < 0.055) return this.#changeHistory(room)
    if (chance < 0.08) return void (await this.#scribe.user(this.#person(), `name ${chance}`))
    if (chance < 0.085) return this.#audit(room)
    if (chance < 0.1) return this.#keep(room)
    if (chance < 0.105) return this.#show(room)
    if (chance < 0.12) return this.#read(room)
    if (chance < 0.15) return this.#comeOrGo(room)
    if (chance < 0.17) return this.#reply(room)
    if (chance < 0.19) return void (await this.#scribe.rename(room.id, `renamed ${chance}`))
    const sent = this.#any(room.messages)
    if (sent === undefined || chance < 0.6) return this.#send(room)
    if (sent.message.deletedAt !== null) return this.#send(room)
    if (chance > 0.75) return this.#react(sent)
    sent.message = await (chance < 0.7
      ? this.#scribe.edit(sent.message, `edited ${chance}`)
      : this.#scribe.delete(sent.message))
    if (chance < 0.64) await this.#redact(sent)
  }

  async #changeHistory({ id }: Room): Promise<void> {
    const { historyVisibility } = this.#scribe.conversation(id).settings
    await this.#scribe.configure(id, { historyVisibility: historyVisibility === 'NONE' ? 'MEMBERS' : 'NONE' })
  }

  async #redact(sent: Sent): Promise<void> {
    const [revision] = await this.store.latest.messages.revisions({ messageId: sent.message.id, limit: 1 })
    if (revision !== undefined) sent.message = await this.#scribe.redact(sent.message, revision.version)
  }

  /** What is done to a member may have no event. */
  async #audit({ id: conversationId }: Room): Promise<void> {
    const subjectId = this.#person()
    await this.#scribe.audit({ action: 'USER_SIGNED_OUT', subjectId })
    await this.#scribe.audit({ action: 'MEMBER_UNBANNED', conversationId, subjectId, reason: "a reason's text" })
  }

  /** Presence changes without an event. */
  async #show({ members }: Room): Promise<void> {
    for (const userId of members) {
      const at = Math.floor(this.#random() * 1e6)
      await this.store.saveLastSeen([{ userId, lastSeenAt: at }])
      if (this.#random() < 0.5)
        await this.#scribe.write({
          presences: [{ ...newPresence(userId), choice: 'AWAY', statusText: `text ${at}`, changedAt: at + 1 }],
        })
    }
  }

  /** What members keep changes without an event. */
  async #read({ id, members }: Room): Promise<void> {
    const head = this.#scribe.conversation(id).lastSequence
    for (const userId of members) {
      const [read, delivered] = [Math.floor(this.#random() * head), head]
      const pair = { conversationId: id, userId }
      this.store.markers.move([
        {
          ...pair,
          readSequence: read,
          deliveredSequence: delivered,
          shownReadSequence: read,
          shownDeliveredSequence: read,
        },
      ])
      if (this.#random() < 0.5)
        await this.#scribe.write({
          viewerStates: [
            { ...newViewerState(pair), notifications: 'MENTIONS', archivedAt: head, markedUnreadFrom: read },
          ],
        })
    }
    await this.store.markers.flush()
  }

  async #create(): Promise<void> {
    const members = new Set([this.#person(), this.#person(), this.#person()])
    const key = this.#freeKey
    this.#freeKey = undefined
    for (const member of members) await this.#scribe.user(member)
    const id = await this.#scribe.create({
      members: [...members],
      name: 'a room',
      ...(key === undefined ? {} : { key }),
    })
    this.#rooms.push({ id, members, messages: [] })
  }

  async #delete(room: Room): Promise<void> {
    this.#rooms.splice(this.#rooms.indexOf(room), 1)
    await this.#scribe.deleteConversation(room.id)
    if (this.#random() < 0.5) return
    while ((await this.store.purge(50)) > 0) {}
    // Its key is free once it is erased.
    this.#keys += 1
    this.#freeKey = this.#scribe.conversation(room.id).key ?? `key-${this.#keys}`
  }

  async #keep({ id }: Room): Promise<void> {
    this.#keys += 1
    await this.#scribe.write({
      idempotencyKeys: [{ userId: this.#person(), key: `once-${this.#keys}`, conversationId: id }],
    })
  }

  async #comeOrGo({ id, members }: Room): Promise<void> {
    const person = this.#person()
    if (!members.has(person)) await this.#scribe.join(id, person)
    else if (members.size > 1) await this.#scribe.leave(id, person)
    if (!members.delete(person) || members.size === 0) members.add(person)
  }

  async #send(room: Room): Promise<void> {
    this.#keys += 1
    const key = this.#random() < 0.5 ? [`client-${this.#keys}`] : []
    const author = this.#any([...room.members]) ?? this.#person()
    if (this.#random() < 0.2) return this.#sendInSlowMode(room, author)
    const message = await this.#scribe.send(room.id, author, `said ${this.#keys} 👋 "quoted" \\ 'n`, ...key)
    room.messages.push({ message, reactions: new Map() })
  }

  /** A reply under a message, which mentions a member. */
  async #reply({ members, messages }: Room): Promise<void> {
    const root = this.#any(messages)?.message
    const author = this.#any([...members])
    const mentioned = this.#person()
    if (root === undefined || author === undefined || root.threadRootId !== null || mentioned === author) return
    this.#keys += 1
    await this.#scribe.reply(root, author, `replied ${this.#keys}`, mentioned)
  }

  /** The time of a member's last message is kept, and only the message has an event. */
  async #sendInSlowMode({ id, messages }: Room, author: UserId): Promise<void> {
    const { message, event } = this.#scribe.draft(id, author, 'said slowly')
    const [membership] = await this.store.latest.members.byPairs([{ conversationId: id, userId: author }])
    await this.#scribe.write({
      messages: [message],
      memberships: membership === undefined ? [] : [{ ...membership, lastPostedAt: message.createdAt }],
      events: [{ ...event, actorId: author }],
      conversations: [this.#scribe.conversation(id)],
    })
    messages.push({ message, reactions: new Map() })
  }

  async #react({ message, reactions }: Sent): Promise<void> {
    const person = this.#person()
    const emoji = this.#any(emojis) ?? '👍'
    const before = reactions.get(`${emoji} ${person}`)
    if (before === undefined) reactions.set(`${emoji} ${person}`, await this.#scribe.react(message, person, emoji))
    else {
      await this.#scribe.unreact(message, before)
      reactions.delete(`${emoji} ${person}`)
    }
  }

  #person(): UserId {
    return this.#any(people) ?? userId('somebody')
  }

  #any<Value>(values: readonly Value[]): Value | undefined {
    return values[Math.floor(this.#random() * values.length)]
  }
}
