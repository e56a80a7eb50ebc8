import {
  type Clock,
  type ConversationId,
  type Instant,
  type LogEvent,
  type MemberReader,
  type Signal,
  type SignalBus,
  signalKeyText,
  type UserId,
} from '@cpc-messenger/messenger'
import { KeyedThrottle } from '../../services/concurrency/keyed-throttle.ts'
import type { Typing } from '../../services/typing/typing.ts'
import { typingMs } from '../../services/typing/typing-place.ts'
import type { Logs } from '../log/logs.ts'
import type { Follower, Topic } from '../log/topic.ts'
import { MemberPresences } from './member-presences.ts'
import type { PresenceListeners } from './presence-listeners.ts'
import { type SignalItem, signalItem } from './signal-item.ts'
import { type ConversationSignalKind, conversationSignalKinds } from './signal-kinds.ts'
import { signalIntervalMs } from './signal-sources.ts'
import type { SignalStream } from './signal-stream.ts'
import { Typists } from './typists.ts'

export interface ChannelDependencies {
  readonly logs: Logs
  readonly bus: SignalBus
  readonly typing: Typing
  readonly clock: Clock
  readonly members: Pick<MemberReader, 'page'>
  readonly presences: PresenceListeners
}

type SignalOfKind<Kind extends Signal['key']['kind']> = Extract<Signal, { readonly key: { readonly kind: Kind } }>

/** The signals of one conversation on this node, while it has subscribers: their state, and whom to send. */
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
  /** When users last sent a message, by place, for those of the last seconds. What they typed before is over. */
  readonly #sentAt = new Map<string, Instant>()
  /** The latest markers of each member; a conversation whose markers are sent has few members. */
  readonly #markers = new Map<string, SignalOfKind<'markers'>>()
  readonly #sentMarkers = new Map<string, SignalItem>()
  readonly #markerThrottle = new KeyedThrottle<string>(signalIntervalMs, key => this.#sendMarkers(key))
  readonly #presences: MemberPresences

  constructor(conversationId: ConversationId, dependencies: ChannelDependencies) {
    const { logs, bus, typing, presences } = dependencies
    this.#dependencies = dependencies
    this.#presences = new MemberPresences(conversationId, { ...dependencies, presences, log: logs.log }, item =>
      this.#send('PRESENCE', item),
    )
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
    if (kinds.has('PRESENCE')) await this.#presences.load()
  }

  /** Sends the subscriber the present state, and then every change, until what this returns is disposed of. */
  add(stream: SignalStream, kinds: ReadonlySet<ConversationSignalKind>): Disposable {
    for (const kind of kinds) this.#streams[kind].add(stream)
    if (kinds.has('TYPING')) for (const item of this.#typists.shown()) stream.push(item)
    if (kinds.has('READ_MARKERS')) for (const item of this.#sentMarkers.values()) stream.push(item)
    if (kinds.has('PRESENCE')) for (const item of this.#presences.shown()) stream.push(item)
    return {
      [Symbol.dispose]: () => {
        for (const kind of conversationSignalKinds) this.#streams[kind].delete(stream)
      },
    }
  }

  grown(topic: Topic, from: number): void {
    if (topic.gapUpTo > from) this.#presences.missed()
    for (let event = topic.after(from); event !== undefined; event = topic.after(event.sequence)) this.#apply(event)
  }

  ended(): void {}

  [Symbol.dispose](): void {
    this.#subscription[Symbol.dispose]()
    this.#dependencies.logs.topics.unfollow(this.topic, this)
    this.#typists[Symbol.dispose]()
    this.#markerThrottle[Symbol.dispose]()
    this.#presences[Symbol.dispose]()
  }

  #send(kind: ConversationSignalKind, item: SignalItem): void {
    for (const stream of this.#streams[kind]) stream.push(item)
  }

  #receive(signal: Signal): void {
    if (isOfKind(signal, 'typing')) this.#receiveTyping(signal)
    else if (isOfKind(signal, 'markers')) this.#receiveMarkers(signal)
  }

  #receiveTyping({ key, expiresAt }: SignalOfKind<'typing'>): void {
    if (expiresAt === null) this.#typists.stop(key)
    else if (expiresAt - typingMs >= (this.#sentAt.get(signalKeyText(key)) ?? 0))
      this.#typists.start(key, expiresAt - this.#dependencies.clock.now())
  }

  /** Markers never decrease: of two signals the greater values are valid. */
  #receiveMarkers(signal: SignalOfKind<'markers'>): void {
    const key = signalKeyText(signal.key)
    const { read = 0, delivered = 0 } = this.#markers.get(key) ?? {}
    this.#markers.set(key, {
      ...signal,
      read: Math.max(read, signal.read),
      delivered: Math.max(delivered, signal.delivered),
    })
    this.#markerThrottle.request(key)
  }

  #sendMarkers(text: string): boolean {
    const markers = this.#markers.get(text)
    if (markers === undefined) return false
    const { key, read: readSequence, delivered: deliveredSequence } = markers
    const sent = this.#sentMarkers.get(text)?.signal
    if (
      sent?.type === 'ReadMarkerMoved' &&
      sent.readSequence === readSequence &&
      sent.deliveredSequence === deliveredSequence
    )
      return false
    const { conversationId, userId } = key
    const item = signalItem(text, { type: 'ReadMarkerMoved', conversationId, userId, readSequence, deliveredSequence })
    this.#sentMarkers.set(text, item)
    this.#send('READ_MARKERS', item)
    return true
  }

  #apply(event: LogEvent): void {
    if (event.type === 'MemberLeft') this.#left(event.userId)
    else if (event.type === 'MemberJoined') this.#presences.joined(event.userId)
    else if (event.type === 'MessageCreated' && event.actorId !== null) {
      const { conversationId, threadRootId, actorId: userId } = event
      const typist = { conversationId, threadRootId, userId }
      this.#typists.stop(typist)
      this.#remember(signalKeyText({ kind: 'typing', ...typist }), event.occurredAt)
    }
  }

  #left(userId: UserId): void {
    this.#typists.stopUser(userId)
    this.#presences.left(userId)
    const key = signalKeyText({ kind: 'markers', conversationId: this.topic.conversationId, userId })
    this.#markers.delete(key)
    this.#sentMarkers.delete(key)
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

const isOfKind = <Kind extends Signal['key']['kind']>(signal: Signal, kind: Kind): signal is SignalOfKind<Kind> =>
  signal.key.kind === kind
