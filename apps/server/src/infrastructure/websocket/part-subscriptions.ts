import { type ConversationId, type MessageId, notFound, parseMessageId } from '@cpc-messenger/messenger'
import type { ClientFrameOf, ControlFrame } from '@cpc-messenger/protocol'
import type { EventStream } from '../../delivery/streams/event-stream.ts'
import { type LogPart, MessengerSource, type Notice, type SourceDependencies } from './messenger-source.ts'
import type { SubscriptionCount } from './subscription-count.ts'

interface PartDependencies extends SourceDependencies {
  readonly count: SubscriptionCount
}

interface FollowedPart {
  readonly source: MessengerSource
  readonly conversationId: ConversationId
}

const withId = (id: string | undefined) => (id === undefined ? {} : { id })
const textOf = (part: LogPart): string =>
  'messageId' in part ? `reactions ${part.messageId}` : `thread ${part.rootMessageId}`

const messageIdOf = (text: string): MessageId => {
  const id = parseMessageId(text)
  if (id === undefined) throw notFound('message')
  return id
}

/** The subscriptions of one connection to parts of logs: the reactions to a message, a thread. Each has a stream of its own. */
export class PartSubscriptions {
  readonly #dependencies: PartDependencies
  readonly #framesOf: (notice: Notice, source: MessengerSource) => readonly ControlFrame[]
  readonly #open = new Map<string, FollowedPart>()
  #released = false

  constructor(
    dependencies: PartDependencies,
    framesOf: (notice: Notice, source: MessengerSource) => readonly ControlFrame[],
  ) {
    this.#dependencies = dependencies
    this.#framesOf = framesOf
  }

  subscribeReactions(frame: ClientFrameOf<'SubscribeReactions'>): Promise<readonly ControlFrame[]> {
    const { subscriptionService, viewer } = this.#dependencies
    const messageId = messageIdOf(frame.messageId)
    return this.#subscribe({ messageId }, frame, stream =>
      subscriptionService.followReactions(stream, viewer, messageId, frame),
    )
  }

  subscribeThread(frame: ClientFrameOf<'SubscribeThread'>): Promise<readonly ControlFrame[]> {
    const { subscriptionService, viewer } = this.#dependencies
    const rootMessageId = messageIdOf(frame.rootMessageId)
    return this.#subscribe({ rootMessageId }, frame, stream =>
      subscriptionService.followThread(stream, viewer, rootMessageId, frame),
    )
  }

  unsubscribeReactions({ id, messageId }: ClientFrameOf<'UnsubscribeReactions'>): readonly ControlFrame[] {
    const known = parseMessageId(messageId)
    return this.#unsubscribe(id, known && { messageId: known })
  }

  unsubscribeThread({ id, rootMessageId }: ClientFrameOf<'UnsubscribeThread'>): readonly ControlFrame[] {
    const known = parseMessageId(rootMessageId)
    return this.#unsubscribe(id, known && { rootMessageId: known })
  }

  /** Returns the conversation of the part, if it was followed. */
  close(part: LogPart): ConversationId | undefined {
    const followed = this.#open.get(textOf(part))
    if (followed === undefined) return undefined
    this.#open.delete(textOf(part))
    followed.source.stream.close()
    this.#dependencies.count.closed()
    return followed.conversationId
  }

  release(): void {
    this.#released = true
    for (const { source } of [...this.#open.values()]) if (source.part !== undefined) this.close(source.part)
  }

  async #subscribe(
    part: LogPart,
    { id }: { readonly id: string | undefined },
    follow: (stream: EventStream) => Promise<number>,
  ): Promise<readonly ControlFrame[]> {
    const { count } = this.#dependencies
    if (!this.#open.has(textOf(part))) count.requireRoom()
    const source = new MessengerSource(this.#dependencies, part, this.#framesOf)
    try {
      const sequence = await follow(source.stream)
      const [conversationId] = source.stream.conversationIds
      if (this.#released || conversationId === undefined) throw notFound('message')
      this.close(part)
      this.#open.set(textOf(part), { source, conversationId })
      count.opened()
      return [{ type: 'Subscribed', ...withId(id), conversationId, ...part, sequence }]
    } catch (error) {
      source.stream.close()
      throw error
    }
  }

  /** Without such a subscription the conversation is unknown, and the answer is `Ok`. */
  #unsubscribe(id: string | undefined, part: LogPart | undefined): readonly ControlFrame[] {
    const conversationId = part && this.close(part)
    if (conversationId === undefined) return id === undefined ? [] : [{ type: 'Ok', id }]
    return [{ type: 'Unsubscribed', ...withId(id), conversationId, ...part, reason: 'CLIENT' }]
  }
}
