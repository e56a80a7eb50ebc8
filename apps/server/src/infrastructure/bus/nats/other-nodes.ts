import { type Instant, type LocalPresence, offline, type PresenceChange, type UserId } from '@cpc-messenger/messenger'
import type { NodePresences } from '../listeners/node-presences.ts'
import type { PresenceMessage } from '../wire/presence-form.ts'

interface OtherNode {
  /** The number of its newest message. */
  number: number
  /** No message was lost from this number on. */
  completeFrom: number
  /** Its time when it sent that message. */
  at: Instant
  receivedAt: number
  /** When its users are offline, if it is shutting down. */
  leavesAt: number | undefined
  /** The number of the newest message that named each of its users. */
  readonly named: Map<UserId, number>
}

interface Times {
  readonly deadMs: number
  readonly leavingMs: number
  readonly checkMs: number
}

/** Dead nodes that are kept in memory, so that their messages have no effect when they are sent again. */
const maxKept = 1000

/** The users of all other nodes. */
export class OtherNodes {
  readonly #nodes = new Map<string, OtherNode>()
  readonly #presences: NodePresences
  readonly #times: Times
  readonly #tell: (change: PresenceChange) => void
  #checkedAt: number | undefined

  constructor(presences: NodePresences, times: Times, tell: (change: PresenceChange) => void) {
    this.#presences = presences
    this.#times = times
    this.#tell = tell
  }

  /** Returns false for a message that came late or again; it has no effect. */
  receive(message: PresenceMessage, now: number): boolean {
    const { node, number } = message
    const known = this.#nodes.get(node)
    if (known !== undefined && number <= known.number) return false
    const other = known ?? newNode(number)
    if (number !== other.number + 1) other.completeFrom = number
    Object.assign(other, { number, at: message.at, receivedAt: now })
    // The newest last: `#forgetOldest` removes the first.
    this.#nodes.delete(node)
    this.#nodes.set(node, other)
    if (message.kind === 'leaving') this.#leave(node, other, now)
    else if (message.kind !== 'hello') this.#take(node, other, message.users)
    if (message.kind === 'set' && message.isLast && other.completeFrom <= message.from)
      this.#removeUnnamed(node, other, message.from)
    return true
  }

  /** The users of nodes that have said nothing for too long, or have left, are offline. */
  removeDead(now: number, ownNode: string): void {
    this.#forgive(now)
    const { deadMs } = this.#times
    const ended = [...this.#nodes].filter(
      ([, { receivedAt, leavesAt, named }]) => named.size > 0 && (now - receivedAt > deadMs || now > (leavesAt ?? now)),
    )
    for (const [node, other] of ended) {
      const orphaned = other.leavesAt === undefined && this.#isFirst(ownNode, now)
      for (const userId of other.named.keys()) this.#set(node, gone(userId, other.at), orphaned)
      other.named.clear()
    }
    this.#forgetOldest()
  }

  #take(node: string, other: OtherNode, users: readonly LocalPresence[]): void {
    for (const local of users) {
      const { presence } = local
      if (presence.status === 'OFFLINE') other.named.delete(presence.userId)
      else other.named.set(presence.userId, other.number)
      this.#set(node, local, false)
    }
  }

  /** The users have a moment to reconnect to another node. */
  #leave(node: string, other: OtherNode, now: number): void {
    other.leavesAt = now + this.#times.leavingMs
    for (const userId of other.named.keys()) {
      const local = this.#presences.on(node, userId)
      if (local !== undefined) this.#set(node, { presence: local.presence, isLeaving: true }, false)
    }
  }

  #removeUnnamed(node: string, other: OtherNode, from: number): void {
    for (const [userId, number] of other.named) {
      if (number >= from) continue
      other.named.delete(userId)
      this.#set(node, gone(userId, other.at), false)
    }
  }

  #set(node: string, local: LocalPresence, orphaned: boolean): void {
    const merged = this.#presences.set(node, local)
    if (merged !== undefined) this.#tell({ presence: merged, orphaned: orphaned && merged.status === 'OFFLINE' })
  }

  /** Whether this node has the smallest id of the nodes that live: one of them has to store what it finds. */
  #isFirst(ownNode: string, now: number): boolean {
    for (const [node, { receivedAt, leavesAt }] of this.#nodes)
      if (node < ownNode && leavesAt === undefined && now - receivedAt <= this.#times.deadMs) return false
    return true
  }

  /** If this process was suspended, the others may have said something meanwhile. */
  #forgive(now: number): void {
    const late = now - (this.#checkedAt ?? now) - this.#times.checkMs
    this.#checkedAt = now
    if (late < 2 * this.#times.checkMs) return
    for (const other of this.#nodes.values()) other.receivedAt += late
  }

  #forgetOldest(): void {
    for (const [node, { named }] of this.#nodes) {
      if (this.#nodes.size <= maxKept) return
      if (named.size === 0) this.#nodes.delete(node)
    }
  }
}

const gone = (userId: UserId, at: Instant): LocalPresence => ({ presence: offline(userId, at), isLeaving: false })

const newNode = (number: number): OtherNode => ({
  number: number - 1,
  completeFrom: number,
  at: 0,
  receivedAt: 0,
  leavesAt: undefined,
  named: new Map(),
})
