import type { ConversationId, MessageId, UserId } from '@cpc-messenger/messenger'
import type { RunningServer } from '../../../apps/server/src/main.ts'
import { sendMessage } from '../../../apps/server/src/services/commands/messages.ts'
import { actorOf } from '../../../apps/server/src/services/identity/actor.ts'
import { typingSignalMs } from '../../../apps/server/src/services/typing/typing-place.ts'

/** More threads than are needed before the first of them may be used again. */
const threadCount = 4000
/** A change in one thread is sent at once if the one before it is older. */
const restMs = typingSignalMs + 100
/** Long before it expires, since the machine may be busy. */
const prolongMs = 2600

interface Thread {
  readonly rootId: MessageId
  setAt: number
}

/**
 * A user who begins and stops to type in one thread after the other, so that each change is sent at once: each thread changes at most
 * once in two seconds.
 */
export class ThreadTypist {
  readonly #server: RunningServer
  readonly #conversationId: ConversationId
  readonly #userId: UserId
  /** Threads in which the user does not type, and in which they do; the earliest set come first. */
  readonly #resting: Thread[]
  readonly #typing: Thread[] = []

  private constructor(server: RunningServer, conversationId: ConversationId, userId: UserId, threads: Thread[]) {
    this.#server = server
    this.#conversationId = conversationId
    this.#userId = userId
    this.#resting = threads
    setInterval(() => this.#prolong(), 250).unref()
  }

  /** From then on the user types in one thread all the time. */
  static async begin(server: RunningServer, conversationId: ConversationId, userId: UserId): Promise<ThreadTypist> {
    const send = () =>
      server.committer.run(
        sendMessage,
        {
          conversationId,
          content: { text: 'the root of a thread', format: 'PLAIN' },
          clientMessageId: null,
          replyToId: null,
          metadata: null,
        },
        actorOf(userId),
      )
    const threads: Thread[] = []
    while (threads.length < threadCount) {
      const roots = await Promise.all(Array.from({ length: 500 }, send))
      threads.push(...roots.map(({ id }) => ({ rootId: id, setAt: 0 })))
    }
    const typist = new ThreadTypist(server, conversationId, userId, threads)
    const first = typist.#resting.shift()
    if (first === undefined) throw new RangeError('there is no thread')
    await typist.#set(first, true)
    setInterval(() => void typist.#set(first, true), prolongMs).unref()
    return typist
  }

  /** One signal to each subscriber. */
  signal(): void {
    const [stopping, beginning] = [this.#typing[0], this.#resting[0]]
    const now = performance.now()
    if (stopping !== undefined && now - stopping.setAt > restMs) {
      this.#typing.shift()
      this.#resting.push(stopping)
      void this.#set(stopping, false)
    } else if (beginning !== undefined) {
      this.#resting.shift()
      this.#typing.push(beginning)
      void this.#set(beginning, true)
    }
  }

  async #set(thread: Thread, typing: boolean): Promise<void> {
    thread.setAt = performance.now()
    const place = { conversationId: this.#conversationId, threadRootId: thread.rootId }
    await this.#server.typing.set({ ...place, typing }, actorOf(this.#userId))
  }

  /** While nothing is measured, nothing expires. */
  #prolong(): void {
    const now = performance.now()
    for (let [first] = this.#typing; first !== undefined && now - first.setAt > prolongMs; [first] = this.#typing) {
      this.#typing.shift()
      this.#typing.push(first)
      void this.#set(first, true)
    }
  }
}
