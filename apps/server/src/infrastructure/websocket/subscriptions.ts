import { type ConversationId, notFound, parseConversationId, resync } from '@cpc-messenger/messenger'
import type { ClientFrameOf, ControlFrame } from '@cpc-messenger/protocol'
import { refusalFrame } from './error-frame.ts'
import { MessengerSource, type Notice, type SourceDependencies } from './messenger-source.ts'
import { PartSubscriptions } from './part-subscriptions.ts'
import type { SubscriptionCount } from './subscription-count.ts'

interface SubscriptionsDependencies extends SourceDependencies {
  readonly count: SubscriptionCount
}

const withId = (id: string | undefined) => (id === undefined ? {} : { id })
const ok = (id: string | undefined): readonly ControlFrame[] => (id === undefined ? [] : [{ type: 'Ok', id }])

/** The subscriptions of one connection to events. Methods return the frames that answer the client. */
export class Subscriptions {
  readonly #dependencies: SubscriptionsDependencies
  readonly #main: MessengerSource
  readonly #conversations = new Set<ConversationId>()
  /** Of reactions to messages, and of threads. */
  readonly parts: PartSubscriptions
  #inboxFrameId: string | undefined
  #released = false

  constructor(dependencies: SubscriptionsDependencies) {
    this.#dependencies = dependencies
    this.#main = new MessengerSource(dependencies, undefined, this.#framesOf)
    this.parts = new PartSubscriptions(dependencies, this.#framesOf)
  }

  async subscribe({ id, conversationId, after, epoch }: ClientFrameOf<'Subscribe'>): Promise<readonly ControlFrame[]> {
    const known = parseConversationId(conversationId)
    if (known === undefined) throw notFound('conversation')
    if (!this.#conversations.has(known)) this.#dependencies.count.requireRoom()
    const { subscriptionService, viewer } = this.#dependencies
    const sequence = await subscriptionService.follow(this.#main.stream, viewer, known, { after, epoch })
    if (this.#released) return []
    if (!this.#conversations.has(known)) this.#dependencies.count.opened()
    this.#conversations.add(known)
    return [{ type: 'Subscribed', ...withId(id), conversationId: known, sequence }]
  }

  unsubscribe({ id, conversationId }: ClientFrameOf<'Unsubscribe'>): readonly ControlFrame[] {
    const known = parseConversationId(conversationId)
    if (known !== undefined) {
      this.#main.stream.unfollow(known)
      this.#forgetConversation(known)
    }
    // If the inbox contains it, its events continue, so `Unsubscribed` would be wrong.
    if (known !== undefined && this.#main.stream.inbox?.has(known)) return ok(id)
    return [{ type: 'Unsubscribed', ...withId(id), conversationId, reason: 'CLIENT' }]
  }

  async subscribeInbox({ id, from, after, epoch }: ClientFrameOf<'SubscribeInbox'>): Promise<readonly ControlFrame[]> {
    const { stream } = this.#main
    if (!stream.hasInbox) this.#dependencies.count.requireRoom()
    this.#closeInbox()
    const { places, unknown } = placesOf(after)
    const conversations = await this.#dependencies.subscriptionService.followInbox(stream, {
      from,
      after: places,
      epoch,
    })
    if (this.#released) {
      stream.closeInbox()
      return []
    }
    this.#inboxFrameId = id
    this.#dependencies.count.opened()
    const refused =
      unknown.length === 0 ? [] : [refusalFrame(id, resync('You were never in these conversations.', unknown))]
    return [{ type: 'InboxSubscribed', ...withId(id), conversations }, ...refused]
  }

  unsubscribeInbox({ id }: ClientFrameOf<'UnsubscribeInbox'>): readonly ControlFrame[] {
    this.#closeInbox()
    return ok(id)
  }

  /** The frames for an item that is not an event. */
  readonly #framesOf = (notice: Notice, source: MessengerSource): readonly ControlFrame[] => {
    if (notice.kind === 'ended') return this.#ended(source, notice.conversationId)
    if (notice.kind === 'refused') return [refusalFrame(this.#inboxFrameId, notice.refusal)]
    const { conversationId, position, sequence, live } = notice
    const { epoch } = this.#dependencies.subscriptionService
    return [{ type: 'StreamPosition', conversationId, ...source.part, epoch, position, sequence, live }]
  }

  /** The frames at the end of a conversation; none if the client has unsubscribed or subscribed again. */
  #ended({ stream, part }: MessengerSource, conversationId: ConversationId): readonly ControlFrame[] {
    if (stream.follows(conversationId)) return []
    const unsubscribed: ControlFrame = { type: 'Unsubscribed', conversationId, reason: 'LEFT' }
    if (part !== undefined) return this.parts.close(part) === undefined ? [] : [{ ...unsubscribed, ...part }]
    return this.#forgetConversation(conversationId) || stream.hasInbox ? [unsubscribed] : []
  }

  /** Ends all subscriptions; those that are being opened end once they are open. */
  release(): void {
    if (this.#released) return
    this.#released = true
    this.#closeInbox()
    this.parts.release()
    for (const conversationId of [...this.#conversations]) this.#forgetConversation(conversationId)
    this.#main.stream.close()
  }

  #forgetConversation(conversationId: ConversationId): boolean {
    const forgotten = this.#conversations.delete(conversationId)
    if (forgotten) this.#dependencies.count.closed()
    return forgotten
  }

  #closeInbox(): void {
    if (this.#main.stream.closeInbox()) this.#dependencies.count.closed()
  }
}

/** The positions by conversation, and the ids that are not conversation ids. */
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
