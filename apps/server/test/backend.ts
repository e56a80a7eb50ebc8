import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Conversation,
  type ConversationKind,
  type EventBus,
  type MessageStore,
  parseUserId,
  type SignalBus,
  type UserId,
} from '@cpc-messenger/messenger'
import { InboxPosition, inboxPointOf } from '../src/delivery/inbox/inbox-position.ts'
import { SignalService } from '../src/delivery/signals/signal-service.ts'
import { Hub, type HubDependencies } from '../src/delivery/streams/hub.ts'
import { SubscriptionService } from '../src/delivery/streams/subscription-service.ts'
import { TypeIdGenerator } from '../src/infrastructure/ids/type-id-generator.ts'
import { createConversation } from '../src/services/commands/conversations.ts'
import { sendMessage } from '../src/services/commands/messages.ts'
import { Committer, type CommitterDependencies } from '../src/services/commit/committer.ts'
import type { UseCase } from '../src/services/commit/use-case.ts'
import type { Actor } from '../src/services/identity/actor.ts'
import { actorOf } from '../src/services/identity/actor.ts'
import { ProfileSignals } from '../src/services/identity/profile-signals.ts'
import { LearningSignalBus } from '../src/services/markers/learning-signal-bus.ts'
import { MarkerSignals } from '../src/services/markers/marker-signals.ts'
import { Markers } from '../src/services/markers/markers.ts'
import { Presences } from '../src/services/presence/presences.ts'
import { RecentUsers } from '../src/services/reads/recent-users.ts'
import { ViewerReads } from '../src/services/reads/viewer-reads.ts'
import type { Logger } from '../src/services/telemetry/logger.ts'
import { silentMeter } from '../src/services/telemetry/meter.ts'
import { Typing } from '../src/services/typing/typing.ts'
import { type Engine, openEngine } from './support/engine.ts'

const ignore = (): void => undefined
export const silentLog: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore }

export const user = (name: string): UserId => {
  const id = parseUserId(name)
  if (id === undefined) throw new TypeError(`${name} is not a user id`)
  return id
}

export const actor = (name: string): Actor => actorOf(user(name))

/** A clock that changes only when it is advanced. */
class ManualClock {
  #now = Date.UTC(2026, 10, 22)

  now(): number {
    return this.#now
  }

  advance(seconds: number): void {
    this.#now += seconds * 1000
  }
}

/** Services and delivery over a real store in a folder of its own. */
export class Backend implements AsyncDisposable {
  readonly store: MessageStore
  readonly bus: EventBus
  readonly signalBus: SignalBus
  readonly clock = new ManualClock()
  readonly committer: Committer
  readonly hub: Hub
  readonly subscriptionService: SubscriptionService
  readonly typing: Typing
  readonly presences: Presences
  readonly markers: Markers
  readonly signalService: SignalService
  readonly reads: { readonly count: number }
  readonly #engine: Engine
  readonly #folder: string

  private constructor(
    engine: Engine,
    bus: EventBus,
    folder: string,
    hub: Partial<HubDependencies>,
    users: RecentUsers,
    committer: Partial<CommitterDependencies>,
  ) {
    const { store, reads } = engine
    this.store = store
    this.bus = bus
    this.signalBus = engine.signalBus
    this.#engine = engine
    this.#folder = folder
    this.reads = reads
    const signalBus = new LearningSignalBus(engine.signalBus, store.markers)
    this.presences = new Presences({
      store,
      registry: engine.presenceRegistry,
      signalBus,
      clock: this.clock,
      log: silentLog,
      meter: silentMeter,
    })
    this.typing = new Typing({ reader: store.latest, bus: signalBus, clock: this.clock, presences: this.presences })
    this.markers = new Markers({
      store,
      signals: new MarkerSignals(signalBus, { otherNodes: false }),
      isInvisible: userId => this.presences.isInvisible(userId),
    })
    this.committer = new Committer({
      store,
      bus,
      clock: this.clock,
      ids: new TypeIdGenerator(this.clock),
      limits: { textLength: 100 },
      maxWaitingPerUser: 10_000,
      meter: silentMeter,
      log: silentLog,
      users,
      listeners: [this.typing, this.presences, new ProfileSignals(signalBus), this.markers],
      ...committer,
    })
    this.hub = new Hub({ store, bus, log: silentLog, users, compareEveryMs: 50, inboxEveryMs: 200, ...hub })
    this.subscriptionService = new SubscriptionService(this.hub)
    const { typing, clock, presences } = this
    this.signalService = new SignalService({ logs: this.hub.logs, bus: signalBus, typing, clock, presences, users })
  }

  static async open(
    bus?: EventBus,
    hub: Partial<HubDependencies> = {},
    users = new RecentUsers(),
    committer: Partial<CommitterDependencies> = {},
  ): Promise<Backend> {
    const folder = await mkdtemp(join(tmpdir(), 'messenger-'))
    const engine = await openEngine(folder, silentLog)
    return new Backend(engine, bus ?? engine.bus, folder, hub, users, committer)
  }

  run<Input, Result>(useCase: UseCase<Input, Result>, name: string, input: Input): Promise<Result> {
    return this.committer.run(useCase, input, actor(name))
  }

  reading(name: string): ViewerReads {
    return new ViewerReads(actor(name), this.store.latest)
  }

  /** The user's current inbox position, as `Viewer.inboxPosition` returns it. */
  async inboxPosition(name: string): Promise<string> {
    return new InboxPosition(inboxPointOf(await this.reading(name).inboxMark())).text
  }

  create(
    creator: string,
    { kind = 'GROUP', members = [] }: { kind?: ConversationKind; members?: readonly string[] } = {},
  ): Promise<Conversation> {
    return this.run(createConversation, creator, {
      kind,
      name: kind === 'DIRECT' ? null : 'a room',
      topic: null,
      memberIds: members.map(user),
      settings: {},
      idempotencyKey: null,
      key: null,
      metadata: null,
    })
  }

  send(name: string, conversation: Conversation, text: string, clientMessageId: string | null = null) {
    return this.run(sendMessage, name, {
      conversationId: conversation.id,
      content: { text, format: 'PLAIN' },
      clientMessageId,
      replyToId: null,
      metadata: null,
    })
  }

  /** The number of reads, once those that follow earlier commits are done. */
  async readsSoFar(): Promise<number> {
    for (let before = -1; before !== this.reads.count; ) {
      before = this.reads.count
      await new Promise(resolve => setTimeout(resolve, 20))
    }
    return this.reads.count
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.committer.settled()
    this.signalService[Symbol.dispose]()
    this.typing[Symbol.dispose]()
    this.hub[Symbol.dispose]()
    await this.presences[Symbol.asyncDispose]()
    await this.#engine.close()
    await this.#engine.remove()
    await rm(this.#folder, { recursive: true, force: true })
  }
}
