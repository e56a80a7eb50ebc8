import {
  type AuditEntry,
  type Changes,
  type Conversation,
  type ConversationId,
  type ConversationKind,
  type ConversationSettings,
  defaultSettings,
  directPairOf,
  type EventBody,
  type LogEvent,
  type Membership,
  type Message,
  type MessageId,
  type MessageStore,
  markDeleted,
  markRedacted,
  newMessage,
  newThreadState,
  newUser,
  type Reaction,
  revisionOf,
  type TextContent,
  type Thread,
  type ThreadState,
  type User,
  type UserId,
  updateContent,
  withSettings,
} from '@cpc-messenger/messenger'
import { auditEntryId, conversationId, membershipId, messageId } from './named-ids.ts'

export const noChanges: Changes = {
  conversations: [],
  memberships: [],
  messages: [],
  revisions: [],
  reactionsAdded: [],
  reactionsRemoved: [],
  reactionsErased: [],
  users: [],
  presences: [],
  idempotencyKeys: [],
  threads: [],
  threadStates: [],
  mentionsAdded: [],
  mentionsRemoved: [],
  events: [],
  endedMemberships: [],
  returns: [],
  viewerStates: [],
  audit: [],
}

export const text = (words: string): TextContent => ({
  kind: 'text',
  text: words,
  format: 'PLAIN',
  mentionIds: [],
  mentionsEveryone: false,
})

interface NewConversation {
  readonly kind?: ConversationKind
  readonly name?: string
  readonly key?: string
  readonly members: readonly UserId[]
}

/** Keeps the store's logs as a server would: each method is one command in a commit of its own. */
export class Scribe {
  readonly #store: MessageStore
  readonly #conversations = new Map<ConversationId, Conversation>()
  readonly #threads = new Map<MessageId, Thread>()
  readonly #threadStates = new Map<string, ThreadState>()
  #number = 0
  #now = 1_700_000_000_000

  constructor(store: MessageStore) {
    this.#store = store
  }

  async write(changes: Partial<Changes>): Promise<void> {
    await using batch = await this.#store.begin([])
    await batch.commit({ ...noChanges, ...changes })
  }

  conversation(id: ConversationId): Conversation {
    const conversation = this.#conversations.get(id)
    if (conversation === undefined) throw new TypeError(`no conversation ${id}`)
    return conversation
  }

  /** Goes on with a conversation that another scribe began. */
  async takeUp(id: ConversationId): Promise<void> {
    const [conversation] = await this.#store.latest.conversations.byIds([id])
    if (conversation === undefined) throw new TypeError(`no conversation ${id}`)
    this.#conversations.set(id, conversation)
    this.#number += 1_000_000
  }

  async user(id: UserId, displayName: string = id): Promise<User> {
    const user = { ...newUser(id, this.#tick()), displayName }
    await this.write({ users: [user] })
    return user
  }

  async create({ kind = 'GROUP', name, key, members }: NewConversation): Promise<ConversationId> {
    const id = conversationId(this.#next())
    const at = this.#tick()
    const [one, other] = members
    this.#conversations.set(id, {
      id,
      kind,
      name: name ?? null,
      topic: null,
      createdAt: at,
      updatedAt: at,
      lastActivityAt: at,
      key: key ?? null,
      metadata: null,
      settings: defaultSettings,
      lastSequence: 0,
      memberCount: members.length,
      messageCount: 0,
      directPair: kind === 'DIRECT' && one !== undefined && other !== undefined ? directPairOf(one, other) : null,
      deletedAt: null,
      historyGeneration: 0,
    })
    const memberships = members.map(member => this.#membership(id, member))
    const events = memberships.map(membership => this.#joined(membership))
    await this.write({
      memberships: memberships.map((membership, index) => ({
        ...membership,
        firstJoinedSequence: index + 1,
        joinedSequence: index + 1,
      })),
      events,
      conversations: [this.conversation(id)],
    })
    return id
  }

  async join(id: ConversationId, user: UserId): Promise<Membership> {
    const [known] = await this.#store.latest.members.byPairs([{ conversationId: id, userId: user }])
    const membership = known ?? this.#membership(id, user)
    const event = this.#joined(membership)
    const joined = {
      ...membership,
      firstJoinedSequence: known?.firstJoinedSequence ?? event.sequence,
      joinedSequence: event.sequence,
      leftSequence: null,
      leaveReason: null,
    }
    this.#change(id, { memberCount: this.conversation(id).memberCount + 1 })
    await this.write({ memberships: [joined], events: [event], conversations: [this.conversation(id)] })
    return joined
  }

  async leave(id: ConversationId, user: UserId): Promise<number> {
    const [membership] = await this.#store.latest.members.byPairs([{ conversationId: id, userId: user }])
    if (membership === undefined) throw new TypeError(`${user} is not a member`)
    const event = this.#event(id, { type: 'MemberLeft', membershipId: membership.id, userId: user, reason: 'LEFT' })
    this.#change(id, { memberCount: this.conversation(id).memberCount - 1 })
    const memberships = [{ ...membership, leftSequence: event.sequence, leaveReason: 'LEFT' as const }]
    await this.write({ memberships, events: [event], conversations: [this.conversation(id)] })
    return event.sequence
  }

  /** A message and its event, not yet written. */
  draft(id: ConversationId, author: UserId, words: string, clientMessageId: string | null = null) {
    const at = this.#tick()
    const event = this.#event(id, { type: 'MessageCreated', messageId: messageId(this.#next()) })
    const message: Message = {
      ...newMessage({
        id: event.messageId,
        conversationId: id,
        authorId: author,
        content: text(words),
        createdAt: at,
        clientMessageId,
      }),
      sequence: event.sequence,
      changedSequence: event.sequence,
      ordinal: this.conversation(id).messageCount + 1,
    }
    this.#change(id, { lastActivityAt: at, messageCount: message.ordinal })
    return { message, event }
  }

  async send(id: ConversationId, author: UserId, words: string, clientMessageId?: string): Promise<Message> {
    const { message, event } = this.draft(id, author, words, clientMessageId)
    await this.write({ messages: [message], events: [event], conversations: [this.conversation(id)] })
    return message
  }

  /** A reply that is only in the thread under a message, and mentions a user. */
  async reply(root: Message, author: UserId, words: string, mentioned: UserId): Promise<Message> {
    const { conversationId } = root
    const before = this.#threads.get(root.id)
    const content = { ...text(words), mentionIds: [mentioned] }
    const { message: draft, event } = this.draft(conversationId, author, words)
    const { messageCount } = this.conversation(conversationId)
    this.#change(conversationId, { messageCount: messageCount - 1 })
    const { sequence, createdAt } = draft
    const count = (before?.replyCount ?? 0) + 1
    const message = { ...draft, content, threadRootId: root.id, ordinal: count }
    const thread = {
      rootId: root.id,
      conversationId,
      messageCount: count,
      lastReplyAt: createdAt,
      lastSequence: sequence,
    }
    this.#threads.set(root.id, { ...thread, replyCount: count })
    const known = this.#threadStates.get(`${root.id} ${author}`) ?? newThreadState(thread, author)
    const state: ThreadState = {
      ...known,
      follows: true,
      readSequence: sequence,
      replyCount: known.replyCount + 1,
      firstReplySequence: known.firstReplySequence ?? sequence,
    }
    this.#threadStates.set(`${root.id} ${author}`, state)
    await this.write({
      messages: [message],
      threads: [{ ...thread, replyCount: count }],
      threadStates: [state],
      mentionsAdded: [
        { messageId: message.id, userId: mentioned, conversationId, threadRootId: root.id, sequence, authorId: author },
      ],
      events: [{ ...event, threadRootId: root.id }],
      conversations: [this.conversation(conversationId)],
    })
    return message
  }

  async sendMany(id: ConversationId, author: UserId, count: number): Promise<readonly Message[]> {
    const drafts = Array.from({ length: count }, (_, index) => this.draft(id, author, `message ${index + 1}`))
    const messages = drafts.map(draft => draft.message)
    await this.write({ messages, events: drafts.map(draft => draft.event), conversations: [this.conversation(id)] })
    return messages
  }

  edit(message: Message, words: string): Promise<Message> {
    return this.#revise('MessageUpdated', message, updateContent(message, text(words), this.#tick()))
  }

  /** By its author unless another user is named. */
  delete(message: Message, by = message.authorId): Promise<Message> {
    if (by === null) throw new TypeError('a message without an author is deleted by another user')
    return this.#revise('MessageDeleted', message, markDeleted(message, by, this.#tick()))
  }

  async redact(message: Message, version: number): Promise<Message> {
    const { id: messageId } = message
    const [revision] = await this.#store.latest.messages.revisions({ messageId, after: version - 1, limit: 1 })
    if (revision?.version !== version) throw new TypeError(`no revision ${version} of ${messageId}`)
    const event = this.#event(message.conversationId, { type: 'MessageUpdated', messageId })
    await this.#touch(message, event, { revisions: [markRedacted(revision, this.#tick())] })
    return { ...message, changedSequence: event.sequence }
  }

  async configure(id: ConversationId, settings: Partial<ConversationSettings>): Promise<number> {
    const event = this.#event(id, { type: 'ConversationUpdated' })
    this.#change(id, { ...withSettings(this.conversation(id), settings), updatedAt: this.#tick() })
    await this.write({ events: [event], conversations: [this.conversation(id)] })
    return event.sequence
  }

  async react(message: Message, user: UserId, emoji: string): Promise<Reaction> {
    const { id: messageId, conversationId } = message
    const createdAt = this.#tick()
    const body = { type: 'ReactionAdded', messageId, emoji, userId: user, reactedAt: createdAt } as const
    const event = this.#event(conversationId, body)
    const reaction = { conversationId, messageId, emoji, userId: user, createdAt, sequence: event.sequence }
    await this.#touch(message, event, { reactionsAdded: [reaction] })
    return reaction
  }

  async unreact(message: Message, { emoji, userId, createdAt }: Reaction): Promise<void> {
    const body = { type: 'ReactionRemoved', messageId: message.id, emoji, userId, reactedAt: createdAt } as const
    const event = this.#event(message.conversationId, body)
    await this.#touch(message, event, { reactionsRemoved: [{ messageId: message.id, emoji, userId }] })
  }

  /** The entry of an act, without a change. */
  async audit(act: Pick<AuditEntry, 'action'> & Partial<AuditEntry>): Promise<AuditEntry> {
    const nothing = { conversationId: null, subjectId: null, messageId: null, reason: null, before: null, after: null }
    const entry = { ...nothing, id: auditEntryId(this.#next()), occurredAt: this.#tick(), actorId: null, ...act }
    await this.write({ audit: [entry] })
    return entry
  }

  async rename(id: ConversationId, name: string): Promise<number> {
    const event = this.#event(id, { type: 'ConversationUpdated' })
    this.#change(id, { name, updatedAt: this.#tick() })
    await this.write({ events: [event], conversations: [this.conversation(id)] })
    return event.sequence
  }

  async deleteConversation(id: ConversationId): Promise<number> {
    const event = this.#event(id, { type: 'ConversationDeleted' })
    this.#change(id, { deletedAt: this.#tick(), memberCount: 0 })
    const endedMemberships = [{ conversationId: id, sequence: event.sequence }]
    await this.write({ events: [event], conversations: [this.conversation(id)], endedMemberships })
    return event.sequence
  }

  async #revise(type: 'MessageUpdated' | 'MessageDeleted', before: Message, after: Message): Promise<Message> {
    const event = this.#event(before.conversationId, { type, messageId: before.id }, after.deletedById)
    const message = { ...after, changedSequence: event.sequence }
    const { historyGeneration, settings } = this.conversation(before.conversationId)
    const revisions = settings.historyVisibility === 'NONE' ? [] : [revisionOf(before, historyGeneration)]
    const reactionsErased = type === 'MessageDeleted' ? [before.id] : []
    const conversations = [this.conversation(before.conversationId)]
    await this.write({ messages: [message], revisions, reactionsErased, events: [event], conversations })
    return message
  }

  async #touch(message: Message, event: LogEvent, changes: Partial<Changes>): Promise<void> {
    const [stored] = await this.#store.latest.messages.byIds([message.id])
    const messages = [{ ...(stored ?? message), changedSequence: event.sequence }]
    const conversations = [this.conversation(message.conversationId)]
    await this.write({ ...changes, messages, events: [event], conversations })
  }

  #membership(id: ConversationId, user: UserId): Membership {
    return {
      id: membershipId(this.#next()),
      conversationId: id,
      userId: user,
      role: 'MEMBER',
      joinedAt: this.#tick(),
      firstJoinedSequence: 0,
      joinedSequence: 0,
      leftSequence: null,
      silencedUntil: null,
      lastPostedAt: null,
      leaveReason: null,
    }
  }

  #joined({ id, conversationId, userId }: Membership) {
    return this.#event(conversationId, { type: 'MemberJoined', membershipId: id, userId })
  }

  #event<Body extends EventBody>(id: ConversationId, body: Body, actorId: UserId | null = null) {
    const sequence = this.conversation(id).lastSequence + 1
    this.#change(id, { lastSequence: sequence })
    return { ...body, conversationId: id, sequence, occurredAt: this.#tick(), actorId, threadRootId: null }
  }

  #change(id: ConversationId, change: Partial<Conversation>): void {
    this.#conversations.set(id, { ...this.conversation(id), ...change })
  }

  #next(): number {
    this.#number += 1
    return this.#number
  }

  #tick(): number {
    this.#now += 1000
    return this.#now
  }
}
