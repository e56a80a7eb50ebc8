import { type ConversationId, notFound, parseConversationId, parseMessageId, resync } from '@cpc-messenger/messenger'
import type { ClientFrameOf, ControlFrame } from '@cpc-messenger/protocol'
import type { EventStream, StreamConsumer } from '../../delivery/streams/event-stream.ts'
import type { QueueNode } from '../../delivery/streams/intrusive-queue.ts'
import type { SubscriptionService } from '../../delivery/streams/subscription-service.ts'
import type { Actor } from '../../services/identity/actor.ts'
import { limitReached } from '../../services/limits/limit-reached.ts'
import type { Meter } from '../../services/telemetry/meter.ts'
import { refusalFrame } from './error-frame.ts'

/** Whoever carries items to the client. */
export interface SourceConsumer {
  /** A stream may have something to take. */
  wake(source: Source): void
}

/** A stream of this connection; the one without `messageId` is that of conversations and the inbox. */
export class Source implements StreamConsumer, QueueNode<Source> {
  readonly stream: EventStream
  readonly messageId: string | undefined
  /** It may have something to take: its consumer's note. */
  ready = false
  next: Source | undefined
  readonly #consumer: SourceConsumer

  constructor({ subscriptionService, viewer, consumer }: SubscriptionParts, messageId: string | undefined) {
    this.messageId = messageId
    this.#consumer = consumer
    this.stream = subscriptionService.open(viewer.userId, this)
  }

  streamReady(): void {
    this.#consumer.wake(this)
  }
}

export interface SubscriptionParts {
  readonly subscriptionService: SubscriptionService
  readonly viewer: Actor
  readonly most: number
  readonly meter: Meter
  readonly consumer: SourceConsumer
}

interface FollowedReactions {
  readonly source: Source
  readonly conversationId: ConversationId
}

/** What a connection with too many subscriptions is told to wait. */
const reconnectMs = 1000

const withId = (id: string | undefined) => (id === undefined ? {} : { id })
const ok = (id: string | undefined): readonly ControlFrame[] => (id === undefined ? [] : [{ type: 'Ok', id }])

/** What one connection has subscribed to. Its methods answer with the frames that answer the client's. */
export class Subscriptions {
  readonly #parts: SubscriptionParts
  readonly #main: Source
  readonly #conversations = new Set<ConversationId>()
  readonly #reactions = new Map<string, FollowedReactions>()
  #inboxFrameId: string | undefined
  #released = false

  constructor(parts: SubscriptionParts) {
    this.#parts = parts
    this.#main = new Source(parts, undefined)
  }

  /** The id of the frame that asked for the inbox. */
  get inboxFrameId(): string | undefined {
    return this.#inboxFrameId
  }

  async subscribe({ id, conversationId, after, epoch }: ClientFrameOf<'Subscribe'>): Promise<readonly ControlFrame[]> {
    const known = parseConversationId(conversationId)
    if (known === undefined) throw notFound('conversation')
    if (!this.#conversations.has(known)) this.#requireRoom()
    const { subscriptionService, viewer } = this.#parts
    const sequence = await subscriptionService.follow(this.#main.stream, viewer, known, { after, epoch })
    if (this.#released) return []
    if (!this.#conversations.has(known)) this.#parts.meter.subscriptionOpened('websocket')
    this.#conversations.add(known)
    return [{ type: 'Subscribed', ...withId(id), conversationId: known, sequence }]
  }

  unsubscribe({ id, conversationId }: ClientFrameOf<'Unsubscribe'>): readonly ControlFrame[] {
    const known = parseConversationId(conversationId)
    if (known !== undefined) {
      this.#main.stream.unfollow(known)
      this.#forgetConversation(known)
    }
    // Where an inbox holds it its events go on, so nothing may say that none follows.
    if (known !== undefined && this.#main.stream.inbox?.has(known)) return ok(id)
    return [{ type: 'Unsubscribed', ...withId(id), conversationId, reason: 'CLIENT' }]
  }

  async subscribeInbox({ id, from, after, epoch }: ClientFrameOf<'SubscribeInbox'>): Promise<readonly ControlFrame[]> {
    const { stream } = this.#main
    if (!stream.hasInbox) this.#requireRoom()
    this.#closeInbox()
    const { places, unknown } = placesOf(after)
    const conversations = await this.#parts.subscriptionService.followInbox(stream, { from, after: places, epoch })
    if (this.#released) {
      stream.closeInbox()
      return []
    }
    this.#inboxFrameId = id
    this.#parts.meter.subscriptionOpened('websocket')
    const refused =
      unknown.length === 0 ? [] : [refusalFrame(id, resync('You were never in these conversations.', unknown))]
    return [{ type: 'InboxSubscribed', ...withId(id), conversations }, ...refused]
  }

  unsubscribeInbox({ id }: ClientFrameOf<'UnsubscribeInbox'>): readonly ControlFrame[] {
    this.#closeInbox()
    return ok(id)
  }

  async subscribeReactions(frame: ClientFrameOf<'SubscribeReactions'>): Promise<readonly ControlFrame[]> {
    const { id, after, epoch } = frame
    const messageId = parseMessageId(frame.messageId)
    if (messageId === undefined) throw notFound('message')
    if (!this.#reactions.has(messageId)) this.#requireRoom()
    const { subscriptionService, viewer, meter } = this.#parts
    const source = new Source(this.#parts, messageId)
    try {
      const sequence = await subscriptionService.followReactions(source.stream, viewer, messageId, { after, epoch })
      const [conversationId] = source.stream.conversationIds
      if (this.#released || conversationId === undefined) throw notFound('message')
      this.#closeReactions(messageId)
      this.#reactions.set(messageId, { source, conversationId })
      meter.subscriptionOpened('websocket')
      return [{ type: 'Subscribed', ...withId(id), conversationId, messageId, sequence }]
    } catch (error) {
      source.stream.close()
      throw error
    }
  }

  /** Where there was none to end, nothing tells which conversation it would have been of. */
  unsubscribeReactions({ id, messageId }: ClientFrameOf<'UnsubscribeReactions'>): readonly ControlFrame[] {
    const conversationId = this.#closeReactions(messageId)
    if (conversationId === undefined) return ok(id)
    return [{ type: 'Unsubscribed', ...withId(id), conversationId, messageId, reason: 'CLIENT' }]
  }

  /** The frames that tell of a conversation's end; none where the client has ended it itself, or begun it anew. */
  ended({ stream, messageId }: Source, conversationId: ConversationId): readonly ControlFrame[] {
    if (stream.follows(conversationId)) return []
    const told: ControlFrame = { type: 'Unsubscribed', conversationId, reason: 'LEFT' }
    if (messageId !== undefined) return this.#closeReactions(messageId) === undefined ? [] : [{ ...told, messageId }]
    return this.#forgetConversation(conversationId) || stream.hasInbox ? [told] : []
  }

  /** Ends everything; what is on its way ends when it arrives. */
  release(): void {
    if (this.#released) return
    this.#released = true
    this.#closeInbox()
    for (const messageId of [...this.#reactions.keys()]) this.#closeReactions(messageId)
    for (const conversationId of [...this.#conversations]) this.#forgetConversation(conversationId)
    this.#main.stream.close()
  }

  #requireRoom(): void {
    const open = this.#conversations.size + this.#reactions.size + (this.#main.stream.hasInbox ? 1 : 0)
    const { most, meter } = this.#parts
    if (open < most) return
    throw limitReached(meter, 'subscriptionsPerConnection', `A connection has ${most} subscriptions at most.`, {
      retryAfterMs: reconnectMs,
    })
  }

  #forgetConversation(conversationId: ConversationId): boolean {
    const forgotten = this.#conversations.delete(conversationId)
    if (forgotten) this.#parts.meter.subscriptionClosed('websocket')
    return forgotten
  }

  #closeInbox(): void {
    if (this.#main.stream.closeInbox()) this.#parts.meter.subscriptionClosed('websocket')
  }

  #closeReactions(messageId: string): ConversationId | undefined {
    const followed = this.#reactions.get(messageId)
    if (followed === undefined) return undefined
    this.#reactions.delete(messageId)
    followed.source.stream.close()
    this.#parts.meter.subscriptionClosed('websocket')
    return followed.conversationId
  }
}

/** The positions by conversation, and the ids that are of no conversation at all. */
const placesOf = (after: ReadonlyMap<string, number> | undefined) => {
  if (after === undefined) return { places: undefined, unknown: [] }
  const places = new Map<ConversationId, number>()
  const unknown: string[] = []
  for (const [id, sequence] of after) {
    const conversationId = parseConversationId(id)
    if (conversationId === undefined) unknown.push(id)
    else places.set(conversationId, sequence)
  }
  return { places, unknown }
}
