import type { LogEvent, UserId } from '@cpc-messenger/messenger'
import type { Logs } from '../log/logs.ts'
import type { Follower, Topic } from '../log/topic.ts'

const retryMs = 500

interface WatchOwner {
  /** The viewer is no longer a member, or the conversation was deleted. */
  membershipEnded(): void
  /** Whether the viewer is still a member is being read, or has been proved. */
  membershipProved(isProved: boolean): void
}

/**
 * A silent cursor of a conversation's log: it delivers nothing, and notices when the viewer's membership ends. If events were
 * missed, the end may be among them: then the membership is read again.
 */
export class MembershipWatch implements Follower, Disposable {
  readonly topic: Topic
  readonly #logs: Logs
  readonly #viewerId: UserId
  readonly #owner: WatchOwner
  /** The head at which the viewer's membership was last proved. */
  #provedAt = -1
  /** The latest event that ended a membership of the viewer, or the conversation. */
  #endedAt = 0
  #reading: Promise<void> | undefined
  #closed = false

  /** Follows the topic. Nothing is proved yet. */
  constructor(logs: Logs, topic: Topic, viewerId: UserId, owner: WatchOwner) {
    this.topic = logs.topics.follow(topic.conversationId, this)
    this.#logs = logs
    this.#viewerId = viewerId
    this.#owner = owner
  }

  get #isProved(): boolean {
    return this.#provedAt >= this.topic.gapUpTo
  }

  /**
   * The viewer was a member at this head. Returns false if the membership has ended since. If events after it were missed, the
   * membership is read again.
   */
  begin(head: number): boolean {
    this.#provedAt = head
    if (this.#endedAt > head) return false
    this.grown()
    return true
  }

  grown(): void {
    if (this.#closed || this.#provedAt < 0 || this.#isProved || this.#reading !== undefined) return
    this.#owner.membershipProved(false)
    this.#reading = this.#prove().finally(() => {
      this.#reading = undefined
    })
  }

  ended(_topic: Topic, event: LogEvent): void {
    if (event.type === 'MemberLeft' && event.userId !== this.#viewerId) return
    this.#endedAt = Math.max(this.#endedAt, event.sequence)
    if (this.#provedAt >= 0 && this.#endedAt > this.#provedAt) this.#end()
  }

  [Symbol.dispose](): void {
    if (this.#closed) return
    this.#closed = true
    this.#logs.topics.unfollow(this.topic, this)
  }

  #end(): void {
    if (!this.#closed) this.#owner.membershipEnded()
  }

  /** Never rejects. */
  async #prove(): Promise<void> {
    const { conversationId } = this.topic
    while (!this.#closed && !this.#isProved) {
      try {
        await this.#logs.gate.enter(this.#viewerId)
        await this.#logs.topics.whenReady(this.topic)
        const membership = await this.#logs.reads.logMembership(conversationId, this.#viewerId)
        if (membership?.member !== true || this.#endedAt > membership.head) return this.#end()
        this.#provedAt = membership.head
        await this.#logs.catchUp.ensureCaughtUpTo(this.topic, membership.head)
      } catch (error) {
        this.#logs.log.warn({ err: error }, 'reading a membership for signals failed; retrying')
        await new Promise(resolve => setTimeout(resolve, retryMs).unref())
      }
    }
    if (!this.#closed) this.#owner.membershipProved(true)
  }
}
