import {
  type Changes,
  type Clock,
  currentStatus,
  type Instant,
  type MessageStore,
  offline,
  type Presence,
  type PresenceChange,
  type PresenceChoice,
  type PresenceRegistry,
  type PresenceStatus,
  type SignalBus,
  type StoredPresence,
  type UserId,
} from '@cpc-messenger/messenger'
import type { CommitListener } from '../commit/committer.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { Meter } from '../telemetry/meter.ts'
import { Choices } from './choices.ts'
import { ConnectedUser } from './connected-user.ts'
import { LastSeen } from './last-seen.ts'

export interface PresencesTimes {
  /** How long changes are gathered before they are published. */
  readonly coalesceMs: number
  /** A user who reconnects within this time was not offline for others. */
  readonly graceMs: number
  /** Between two checks of expired texts, and of choices that changed without a signal. */
  readonly checkMs: number
  /** Between two writes that a connected user was seen, so that the time is about right after a crash. */
  readonly seenMs: number
}

const defaultTimes: PresencesTimes = { coalesceMs: 250, graceMs: 5000, checkMs: 1000, seenMs: 300_000 }
/** Users who are published as offline in one turn of the event loop. */
const leavingAtOnce = 500
/** Of these checks, choices are compared with the store in one of so many. */
const checksForMissed = 10

export interface PresencesDependencies {
  readonly store: MessageStore
  readonly registry: PresenceRegistry
  readonly signalBus: SignalBus
  readonly clock: Clock
  readonly log: Logger
  readonly meter: Pick<Meter, 'presenceChanged'>
  readonly times?: Partial<PresencesTimes>
}

/**
 * The presence of users: counts the connections of this node's users and what they have chosen, and publishes what others see
 * of them. Going invisible is published exactly as going offline is.
 */
export class Presences implements CommitListener, AsyncDisposable {
  readonly #registry: PresenceRegistry
  readonly #signalBus: SignalBus
  readonly #clock: Clock
  readonly #meter: PresencesDependencies['meter']
  readonly #times: PresencesTimes
  readonly #choices: Choices
  readonly #lastSeen: LastSeen
  readonly #users = new Map<UserId, ConnectedUser>()
  readonly #byConnection = new Map<string, ConnectedUser>()
  readonly #changed = new Set<ConnectedUser>()
  /** Users whose departure is published when the grace period is over; the earliest first. */
  readonly #leaving = new Set<ConnectedUser>()
  readonly #resources = new DisposableStack()
  #flushing: NodeJS.Timeout | undefined
  #checks = 0

  constructor({ store, registry, signalBus, clock, log, meter, times }: PresencesDependencies) {
    this.#registry = registry
    this.#signalBus = signalBus
    this.#clock = clock
    this.#meter = meter
    this.#times = { ...defaultTimes, ...times }
    this.#lastSeen = new LastSeen(store, log)
    this.#choices = this.#resources.use(
      new Choices({ reader: store.latest, signalBus, log }, chosen => this.#chosen(chosen)),
    )
    this.#resources.use(registry.onChange(change => this.#noteLastSeen(change)))
    const timer = setInterval(() => this.#check(), this.#times.checkMs).unref()
    this.#resources.defer(() => clearInterval(timer))
  }

  /** Users with a connection to this node. */
  get connectedUsers(): number {
    return this.#users.size
  }

  /** A connection of the user was authenticated. It is active until `setActive` says otherwise. */
  connected(userId: UserId, connectionId: string): void {
    if (this.#resources.disposed) return
    const user = this.#users.get(userId) ?? new ConnectedUser(userId)
    this.#users.set(userId, user)
    this.#byConnection.set(connectionId, user)
    user.setActive(connectionId, true)
    this.#choices.watch(userId)
    this.#update(user)
  }

  setActive(connectionId: string, active: boolean): void {
    const user = this.#byConnection.get(connectionId)
    if (user === undefined) return
    user.setActive(connectionId, active)
    this.#update(user)
  }

  disconnected(connectionId: string): void {
    const user = this.#byConnection.get(connectionId)
    if (user === undefined) return
    this.#byConnection.delete(connectionId)
    user.disconnect(connectionId)
    this.#update(user)
  }

  /** What others see of these users, in this order, over all nodes. */
  async of(userIds: readonly UserId[]): Promise<readonly Presence[]> {
    const now = this.#clock.now()
    const visible = userIds.map(id => this.#registry.get(id))
    const absent = userIds.filter((_, index) => visible[index] === undefined)
    const seen = new Map(absent.length === 0 ? [] : await this.#seenOf(absent))
    return userIds.map((id, index) => {
      const presence = visible[index] ?? offline(id, seen.get(id) || null)
      return { ...presence, ...currentStatus(presence, now) }
    })
  }

  /** What the user has chosen. */
  choiceOf(userId: UserId): Promise<StoredPresence> {
    return this.#choices.read(userId)
  }

  /** What the user sees of themselves: the status without delay, and the text also while the user is not visible. */
  async ofOneself(userId: UserId): Promise<Presence> {
    const [[presence = offline(userId)], chosen] = await Promise.all([this.of([userId]), this.choiceOf(userId)])
    const now = this.#clock.now()
    const here = this.#users.get(userId)?.presence(now).status ?? 'OFFLINE'
    const status = statusFor(chosen.choice, [here, presence.status])
    return { ...presence, status, ...currentStatus(chosen, now) }
  }

  /** Whether the user has chosen to be invisible, connected or not. */
  isInvisible(userId: UserId): boolean | Promise<boolean> {
    const chosen = this.#users.get(userId)?.chosen
    if (chosen !== undefined) return chosen.choice === 'INVISIBLE'
    return this.#choices.read(userId).then(({ choice }) => choice === 'INVISIBLE')
  }

  /** Calls `listener` with each change of what others see of a user, on any node. It must not throw. */
  onChange(listener: (presence: Presence) => void): Disposable {
    return this.#registry.onChange(({ presence }) => listener(presence))
  }

  /** The user's connections to all nodes, and the user's devices, learn what the user has chosen. */
  committed({ presences }: Pick<Changes, 'presences'>): void {
    for (const chosen of presences) {
      this.#chosen(chosen)
      const { userId } = chosen
      this.#signalBus.publish({ kind: 'private', userId }, { key: { kind: 'viewer', userId } })
    }
  }

  /** The registry has to be disposed of after it. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#resources.disposed) return
    this.#resources.dispose()
    clearTimeout(this.#flushing)
    const now = this.#clock.now()
    for (const { userId, published, leftAt } of this.#users.values())
      if (published !== undefined) this.#lastSeen.save(userId, leftAt?.at ?? now)
    await this.#lastSeen[Symbol.asyncDispose]()
  }

  #chosen(chosen: StoredPresence): void {
    const user = this.#users.get(chosen.userId)
    if (user === undefined || (user.chosen !== undefined && user.chosen.changedAt > chosen.changedAt)) return
    user.chosen = chosen
    this.#update(user)
  }

  /** Something about the user has changed. */
  #update(user: ConnectedUser): void {
    const isVisible = user.presence(this.#clock.now()).status !== 'OFFLINE'
    if (isVisible || user.published === undefined) this.#stay(user)
    else if (user.leftAt === undefined) {
      user.leftAt = { at: this.#clock.now(), ms: performance.now() }
      this.#leaving.add(user)
      this.#registry.set({ presence: user.published, isLeaving: true })
    }
    if (performance.now() - user.publishedMs >= this.#times.coalesceMs) this.#publish(user)
    else this.#changed.add(user)
    this.#flushLater(this.#times.coalesceMs)
  }

  /** The user has not left, or has reconnected. */
  #stay(user: ConnectedUser): void {
    if (user.leftAt === undefined) return
    user.leftAt = undefined
    this.#leaving.delete(user)
    if (user.published !== undefined) this.#registry.set({ presence: user.published, isLeaving: false })
  }

  #flushLater(ms: number): void {
    if (this.#resources.disposed || (this.#changed.size === 0 && this.#leaving.size === 0)) return
    this.#flushing ??= setTimeout(() => this.#flush(), ms).unref()
  }

  #flush(): void {
    this.#flushing = undefined
    for (const user of this.#changed) this.#publish(user)
    this.#changed.clear()
    const now = performance.now()
    let count = 0
    for (const user of this.#leaving) {
      if (user.leftAt === undefined || now - user.leftAt.ms < this.#times.graceMs) break
      // The others follow in the next turn of the event loop.
      if (count === leavingAtOnce) {
        this.#flushLater(0)
        return
      }
      count += 1
      this.#leaving.delete(user)
      this.#publishLeft(user, user.leftAt.at)
    }
    this.#flushLater(this.#times.coalesceMs)
  }

  #publish(user: ConnectedUser): void {
    const presence = user.presence(this.#clock.now())
    if (presence.status === 'OFFLINE') {
      this.#forgetIfGone(user)
      return
    }
    if (user.published === undefined) user.savedMs = performance.now() - 0.8 * this.#times.seenMs
    else if (isSame(user.published, presence)) return
    user.published = presence
    user.publishedMs = performance.now()
    this.#set(presence)
  }

  #publishLeft(user: ConnectedUser, at: Instant): void {
    user.published = undefined
    user.leftAt = undefined
    this.#lastSeen.save(user.userId, at)
    this.#set(offline(user.userId, at))
    this.#forgetIfGone(user)
  }

  #set(presence: Presence): void {
    this.#meter.presenceChanged()
    this.#registry.set({ presence, isLeaving: false })
  }

  #forgetIfGone(user: ConnectedUser): void {
    if (user.isConnected || user.published !== undefined || this.#users.get(user.userId) !== user) return
    this.#users.delete(user.userId)
    this.#choices.forget(user.userId)
  }

  #noteLastSeen({ presence: { userId, lastSeenAt }, orphaned }: PresenceChange): void {
    if (lastSeenAt === null) return
    this.#lastSeen.note(userId, lastSeenAt)
    if (orphaned) this.#lastSeen.save(userId, lastSeenAt)
  }

  async #seenOf(userIds: readonly UserId[]): Promise<readonly (readonly [UserId, Instant])[]> {
    const rows = await Promise.all(userIds.map(id => this.#choices.read(id)))
    return rows.map(({ userId, lastSeenAt }) => [userId, Math.max(lastSeenAt, this.#lastSeen.recent(userId) ?? 0)])
  }

  /** Texts that have expired are removed, and it is stored that connected users were seen. */
  #check(): void {
    const now = this.#clock.now()
    const nowMs = performance.now()
    for (const user of this.#users.values()) {
      const { published, leftAt } = user
      if (published === undefined) continue
      if (published.statusExpiresAt !== null && published.statusExpiresAt <= now) this.#update(user)
      if (leftAt !== undefined || nowMs - user.savedMs < this.#times.seenMs) continue
      // Spread, so that users who have connected together are not written together for ever.
      user.savedMs = nowMs - Math.random() * 0.2 * this.#times.seenMs
      this.#lastSeen.save(user.userId, now)
    }
    this.#checks += 1
    if (this.#checks % checksForMissed === 0) void this.#choices.findMissed(now)
  }
}

/** The status of a user with this choice whose connections have these statuses. */
const statusFor = (choice: PresenceChoice, statuses: readonly PresenceStatus[]): PresenceStatus => {
  if (choice === 'INVISIBLE' || statuses.every(status => status === 'OFFLINE')) return 'OFFLINE'
  if (choice !== 'AUTOMATIC') return choice
  return statuses.includes('ONLINE') ? 'ONLINE' : 'AWAY'
}

const isSame = (one: Presence, other: Presence): boolean =>
  one.status === other.status && one.statusText === other.statusText && one.statusExpiresAt === other.statusExpiresAt
