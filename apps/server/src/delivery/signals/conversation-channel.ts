import {
  type Clock,
  type ConversationId,
  type Instant,
  type LogEvent,
  type Signal,
  type SignalBus,
  signalKeyText,
  type UserId,
} from '@cpc-messenger/messenger'
import type { Typing } from '../../services/typing/typing.ts'
import { typingMs } from '../../services/typing/typing-place.ts'
import type { Logs } from '../log/logs.ts'
import type { Follower, Topic } from '../log/topic.ts'
import { type MarkerSignal, MemberMarkers } from './member-markers.ts'
import { MemberPresences } from './member-presences.ts'
import type { PresenceListeners } from './presence-listeners.ts'
import type { SignalItem } from './signal-item.ts'
import { type ConversationSignalKind, conversationSignalKinds } from './signal-kinds.ts'
import type { SignalStream } from './signal-stream.ts'
import { Typists } from './typists.ts'

export interface ChannelDependencies {
  readonly logs: Logs
  readonly bus: SignalBus
  readonly typing: Typing
  readonly clock: Clock
  readonly presences: PresenceListeners
}

type TypingSignal = Extract<Signal, { readonly key: { readonly kind: 'typing' } }>

/** The signals of one conversation on this node, while it has subscribers: their state, and whom to send them to. */
export class ConversationChannel implements Follower, Disposable {
  readonly topic: Topic
  readonly #dependencies: ChannelDependencies
  readonly #subscription: Disposable
  readonly #ready: Promise<unknown>
  readonly #streams: Readonly<Record<ConversationSignalKind, Set<SignalStream>>> = {
    TYPING: new Set(),
    READ_MARKERS: new Set(),
    PRESENCE: new Set(),
  }
  readonly #typists = new Typists(item => this.#send('TYPING', item))
  readonly #markers: MemberMarkers
  readonly #presences: MemberPresences
  /** When users last sent a message, by place, for those of the last seconds. What they typed before is over. */
  readonly #sentAt = new Map<string, Instant>()

  constructor(conversationId: ConversationId, dependencies: ChannelDependencies) {
    const { logs, bus, typing, presences } = dependencies
    const { members, viewerStates: states } = logs.store.latest
    this.#dependencies = dependencies
    this.#markers = new MemberMarkers(conversationId, { members, states }, item => this.#send('READ_MARKERS', item))
    const ofPresences = { members, presences, log: logs.log }
    this.#presences = new MemberPresences(conversationId, ofPresences, item => this.#send('PRESENCE', item))
    this.topic = logs.topics.follow(conversationId, this)
    const subscription = bus.subscribe({ kind: 'conversation', conversationId }, signal => this.#receive(signal))
    this.#subscription = subscription
    this.#ready = Promise.all([subscription.ready, logs.topics.whenReady(this.topic)])
    for (const { leftMs, ...typist } of typing.typistsIn(conversationId)) this.#typists.start(typist, leftMs)
  }

  /** Resolves when signals are received. Prove the membership of a subscriber only after it. */
  get ready(): Promise<unknown> {
    return this.#ready
  }

  /** Loads the present state of these kinds. */
  async load(kinds: ReadonlySet<ConversationSignalKind>): Promise<void> {
    await Promise.all([
      kinds.has('READ_MARKERS') && this.#markers.load(),
      kinds.has('PRESENCE') && this.#presences.load(),
    ])
  }

  /** Sends the subscriber the present state, and then every change, until what this returns is disposed of. */
  add(stream: SignalStream, kinds: ReadonlySet<ConversationSignalKind>): Disposable {
    for (const kind of kinds) this.#streams[kind].add(stream)
    if (kinds.has('TYPING')) for (const item of this.#typists.shown()) stream.push(item)
    if (kinds.has('READ_MARKERS')) for (const item of this.#markers.shown()) stream.push(item)
    if (kinds.has('PRESENCE')) for (const item of this.#presences.shown()) stream.push(item)
    return {
      [Symbol.dispose]: () => {
        for (const kind of conversationSignalKinds) this.#streams[kind].delete(stream)
      },
    }
  }

  /** Signals were lost: what subscribers have of the store's state may be out of date. */
  restored(): void {
    this.#missed()
    const kinds = new Set(conversationSignalKinds.filter(kind => this.#streams[kind].size > 0))
    this.load(kinds).catch(error =>
      this.#dependencies.logs.log.warn({ err: error }, 'reading the state of signals after an outage failed'),
    )
  }

  grown(topic: Topic, from: number): void {
    if (topic.gapUpTo > from) this.#missed()
    for (let event = topic.after(from); event !== undefined; event = topic.after(event.sequence)) this.#apply(event)
  }

  ended(): void {}

  [Symbol.dispose](): void {
    this.#subscription[Symbol.dispose]()
    this.#dependencies.logs.topics.unfollow(this.topic, this)
    this.#typists[Symbol.dispose]()
    this.#markers[Symbol.dispose]()
    this.#presences[Symbol.dispose]()
  }

  #missed(): void {
    this.#presences.missed()
    this.#markers.missed()
  }

  #send(kind: ConversationSignalKind, item: SignalItem): void {
    for (const stream of this.#streams[kind]) stream.push(item)
  }

  #receive(signal: Signal): void {
    if (isTyping(signal)) this.#receiveTyping(signal)
    else if (isOfMarkers(signal)) this.#markers.receive(signal)
  }

  #receiveTyping({ key, expiresAt }: TypingSignal): void {
    if (expiresAt === null) this.#typists.stop(key)
    else if (expiresAt - typingMs >= (this.#sentAt.get(signalKeyText(key)) ?? 0))
      this.#typists.start(key, expiresAt - this.#dependencies.clock.now())
  }

  #apply(event: LogEvent): void {
    if (event.type === 'MemberLeft') this.#left(event.userId)
    else if (event.type === 'MemberJoined') {
      this.#presences.joined(event.userId)
      this.#markers.joined(event.userId, event.sequence)
    } else if (event.type === 'MessageCreated' && event.actorId !== null) {
      const { conversationId, threadRootId, actorId: userId } = event
      const typist = { conversationId, threadRootId, userId }
      this.#typists.stop(typist)
      this.#remember(signalKeyText({ kind: 'typing', ...typist }), event.occurredAt)
    }
  }

  #left(userId: UserId): void {
    this.#typists.stopUser(userId)
    this.#presences.left(userId)
    this.#markers.left(userId)
  }

  #remember(key: string, sentAt: Instant): void {
    this.#sentAt.delete(key)
    this.#sentAt.set(key, sentAt)
    for (const [other, at] of this.#sentAt) {
      if (at + 2 * typingMs > sentAt) break
      this.#sentAt.delete(other)
    }
  }
}

const isTyping = (signal: Signal): signal is TypingSignal => signal.key.kind === 'typing'
const isOfMarkers = (signal: Signal): signal is MarkerSignal => signal.key.kind === 'markers'
