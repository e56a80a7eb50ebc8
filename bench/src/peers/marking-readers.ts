import type { ConversationId, UserId } from '@cpc-messenger/messenger'
import type { RunningServer } from '../../../apps/server/src/main.ts'
import { sendMessage } from '../../../apps/server/src/services/commands/messages.ts'
import { actorOf } from '../../../apps/server/src/services/identity/actor.ts'

/** The messages that each reader can read, one after the other: more than any run takes. */
const messageCount = 4000

/** Members who read one message after the other, in turns: each moves its marker long after the last time. */
export class MarkingReaders {
  readonly #server: RunningServer
  readonly #conversationId: ConversationId
  readonly #readers: readonly UserId[]
  readonly #first: number
  #moves = 0

  private constructor(
    server: RunningServer,
    conversationId: ConversationId,
    readers: readonly UserId[],
    first: number,
  ) {
    this.#server = server
    this.#conversationId = conversationId
    this.#readers = readers
    this.#first = first
  }

  static async begin(
    server: RunningServer,
    conversationId: ConversationId,
    writer: UserId,
    readers: readonly UserId[],
  ): Promise<MarkingReaders> {
    const send = () =>
      server.committer.run(
        sendMessage,
        {
          conversationId,
          content: { text: 'something to read', format: 'PLAIN' },
          clientMessageId: null,
          replyToId: null,
          metadata: null,
        },
        actorOf(writer),
      )
    const { sequence } = await send()
    for (let sent = 1; sent < messageCount; sent += 500) await Promise.all(Array.from({ length: 500 }, send))
    return new MarkingReaders(server, conversationId, readers, sequence)
  }

  /** One signal to each subscriber. */
  signal(): void {
    const userId = this.#readers[this.#moves % this.#readers.length]
    if (userId === undefined) throw new RangeError('there is no reader')
    const sequence = this.#first + Math.floor(this.#moves / this.#readers.length)
    this.#moves += 1
    void this.#server.markers.markRead({ conversationId: this.#conversationId, sequence }, actorOf(userId))
  }
}
