import type { ConversationId } from '@cpc-messenger/messenger'
import { type ChannelDependencies, ConversationChannel } from './conversation-channel.ts'

interface OpenChannel {
  readonly channel: ConversationChannel
  subscribers: number
}

/** A channel that stays open until the lease is disposed of. */
export interface ChannelLease extends Disposable {
  readonly channel: ConversationChannel
}

/** The channels of the conversations whose signals have subscribers on this node. */
export class ConversationChannels implements Disposable {
  readonly #dependencies: ChannelDependencies
  readonly #open = new Map<ConversationId, OpenChannel>()

  constructor(dependencies: ChannelDependencies) {
    this.#dependencies = dependencies
  }

  get size(): number {
    return this.#open.size
  }

  open(conversationId: ConversationId): ChannelLease {
    const open = this.#open.get(conversationId) ?? this.#create(conversationId)
    open.subscribers += 1
    return {
      channel: open.channel,
      [Symbol.dispose]: () => {
        open.subscribers -= 1
        if (open.subscribers > 0) return
        this.#open.delete(conversationId)
        open.channel[Symbol.dispose]()
      },
    }
  }

  [Symbol.dispose](): void {
    for (const { channel } of this.#open.values()) channel[Symbol.dispose]()
    this.#open.clear()
  }

  #create(conversationId: ConversationId): OpenChannel {
    const open = { channel: new ConversationChannel(conversationId, this.#dependencies), subscribers: 0 }
    this.#open.set(conversationId, open)
    return open
  }
}
