import { randomUUID } from 'node:crypto'
import { setTimeout as delay, setImmediate as nextTick } from 'node:timers/promises'
import type { Clock, LocalPresence, Presence, PresenceChange, PresenceRegistry, UserId } from '@cpc-messenger/messenger'
import type { Logger } from '../../../services/telemetry/logger.ts'
import type { NodeLink } from '../link/node-link.ts'
import { Listeners } from '../listeners/listeners.ts'
import { NodePresences } from '../listeners/node-presences.ts'
import { decodePresence, encodePresence, listsOfUsers, type PresenceHead } from '../wire/presence-form.ts'
import { OtherNodes } from './other-nodes.ts'

export interface PresenceTimes {
  /** Between two full sets. */
  readonly fullSetMs: number
  /** A node that has said nothing for this long is dead. */
  readonly deadMs: number
  /** How long the users of a node that shuts down may take to reconnect. */
  readonly leavingMs: number
  /** Between two checks for dead nodes. */
  readonly checkMs: number
  /** How long the start waits for the sets of other nodes. */
  readonly startMs: number
}

const defaultTimes: PresenceTimes = { fullSetMs: 10_000, deadMs: 25_000, leavingMs: 5000, checkMs: 1000, startMs: 300 }

/** How long answers to several nodes that start are collected. */
const answerMs = 50

interface Dependencies {
  readonly link: NodeLink
  readonly clock: Clock
  readonly log: Logger
  readonly times?: Partial<PresenceTimes>
}

const changed = 'changed'

/** The presence registry of one of several nodes, over NATS: all nodes send to one subject, and each keeps what the others sent. */
export class NatsPresenceRegistry implements PresenceRegistry {
  readonly #node = randomUUID()
  readonly #link: NodeLink
  readonly #clock: Clock
  readonly #log: Logger
  readonly #times: PresenceTimes
  readonly #subject: string
  readonly #presences = new NodePresences()
  readonly #others: OtherNodes
  readonly #listeners: Listeners<typeof changed, (change: PresenceChange) => void>
  readonly #resources = new DisposableStack()
  #number = 0
  /** Changes in this turn of the event loop that are not sent yet. */
  readonly #unsent = new Map<UserId, LocalPresence>()
  #sendingSet = false
  /** Another set has to be sent after the current one. */
  #sendAgain = false
  #answering: NodeJS.Timeout | undefined

  private constructor({ link, clock, log, times }: Dependencies) {
    this.#link = link
    this.#clock = clock
    this.#log = log
    this.#times = { ...defaultTimes, ...times }
    this.#subject = link.subjects.presence
    this.#listeners = new Listeners(log)
    this.#others = new OtherNodes(this.#presences, this.#times, change => this.#tell(change))
    link.listen(this.#subject, payload => this.#receive(payload))
    this.#resources.defer(() => link.forget(this.#subject))
    this.#resources.use(link.onRestored(() => this.#sayHello()))
    this.#every(this.#times.fullSetMs, () => void this.#sendSet())
    this.#every(this.#times.checkMs, () => this.#others.removeDead(performance.now(), this.#node))
  }

  /** Resolves once the sets of other nodes had time to arrive. */
  static async open(dependencies: Dependencies): Promise<NatsPresenceRegistry> {
    const registry = new NatsPresenceRegistry(dependencies)
    if (dependencies.link.state === 'degraded') return registry
    await dependencies.link.ready()
    registry.#sayHello()
    await delay(registry.#times.startMs)
    return registry
  }

  set(local: LocalPresence): void {
    const { userId } = local.presence
    const own = this.#presences.on(this.#node, userId)
    const merged = this.#presences.set(this.#node, local)
    if (merged !== undefined) this.#tell({ presence: merged, orphaned: false })
    if (own === this.#presences.on(this.#node, userId)) return
    if (this.#unsent.size === 0) setImmediate(() => this.#sendChanges())
    this.#unsent.set(userId, local)
  }

  get(userId: UserId): Presence | undefined {
    return this.#presences.get(userId)
  }

  onChange(listener: (change: PresenceChange) => void): Disposable {
    return this.#listeners.add(changed, listener)
  }

  /** The other nodes keep this node's users for a moment, in which they reconnect to another one. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#resources.disposed) return
    clearTimeout(this.#answering)
    this.#resources.dispose()
    this.#sendChanges()
    this.#send({ kind: 'leaving' })
  }

  #every(ms: number, work: () => void): void {
    const timer = setInterval(work, ms).unref()
    this.#resources.defer(() => clearInterval(timer))
  }

  #tell(change: PresenceChange): void {
    this.#listeners.tell(changed, listener => listener(change))
  }

  #send(
    message: { readonly kind: PresenceHead['kind']; readonly from?: number; readonly isLast?: boolean },
    users?: string,
  ): void {
    this.#number += 1
    const head = { node: this.#node, number: this.#number, at: this.#clock.now(), ...message }
    this.#link.send(this.#subject, () => encodePresence(head, users))
  }

  #sendChanges(): void {
    const lists = listsOfUsers(this.#unsent.keys(), id => this.#unsent.get(id), this.#link.maxPayloadBytes)
    for (const users of lists) this.#send({ kind: 'changes' }, users)
    this.#unsent.clear()
  }

  #sayHello(): void {
    this.#send({ kind: 'hello' })
    void this.#sendSet()
  }

  /** Sends all users of this node, one message in each turn of the event loop. */
  async #sendSet(): Promise<void> {
    this.#sendAgain = this.#sendingSet
    if (this.#sendingSet) return
    this.#sendingSet = true
    try {
      const from = this.#number + 1
      const own = (id: UserId) => this.#presences.on(this.#node, id)
      const lists = listsOfUsers(this.#presences.usersOf(this.#node), own, this.#link.maxPayloadBytes)
      for (const users of lists) {
        this.#send({ kind: 'set', from, isLast: false }, users)
        await nextTick()
        if (this.#resources.disposed) return
      }
      this.#send({ kind: 'set', from, isLast: true }, '')
    } catch (error) {
      this.#log.error({ err: error }, 'the presence of this node could not be sent')
    } finally {
      this.#sendingSet = false
    }
    if (this.#sendAgain) await this.#sendSet()
  }

  #receive(payload: Uint8Array): boolean {
    const message = decodePresence(payload)
    if (message === undefined) return false
    if (!this.#others.receive(message, performance.now())) return true
    if (message.kind === 'hello')
      this.#answering ??= setTimeout(() => {
        this.#answering = undefined
        void this.#sendSet()
      }, answerMs).unref()
    return true
  }
}
