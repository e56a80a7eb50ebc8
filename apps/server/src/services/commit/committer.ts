import { setTimeout as delay } from 'node:timers/promises'
import {
  type Changes,
  type Clock,
  type ConversationId,
  type ConversationUser,
  type EventBus,
  type IdGenerator,
  type MessageStore,
  type Needs,
  type OpenBatch,
  Refusal,
  type UserId,
  unavailable,
} from '@cpc-messenger/messenger'
import { KeyedMutex } from '../concurrency/keyed-mutex.ts'
import { Semaphore } from '../concurrency/semaphore.ts'
import type { Actor } from '../identity/actor.ts'
import { CapReached } from '../limits/limit-reached.ts'
import { WaitingCommands } from '../limits/waiting-commands.ts'
import type { RecentUsers } from '../reads/recent-users.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { Meter } from '../telemetry/meter.ts'
import type { Tracer } from '../telemetry/tracer.ts'
import { BatchState } from './batch-state.ts'
import { type Command, subjectOf } from './command.ts'
import { Lanes } from './lanes.ts'
import { MessageConversationCache } from './message-conversation-cache.ts'
import { TracedCommand } from './traced-command.ts'
import { TracedCommit } from './traced-commit.ts'
import type { Limits, UseCase } from './use-case.ts'

/** How long a command may be deferred because other nodes hold its locks. */
const maxLockedMs = 3000
/** How often a batch retries that may not wait inside the store. */
const retryMs = 100

interface DecidedBatch {
  readonly state: BatchState
  readonly changes: Changes | undefined
  readonly returned: readonly ConversationUser[]
  /** Settles each command. Call them once everything is durable. */
  readonly answers: readonly (() => void)[]
}

/** Is called after every commit that changed something, before its commands are answered. Must not throw. */
export interface CommitListener {
  /**
   * `returned`: users to whose lists an archived conversation has returned. `changedProfiles`: users whose name or picture has
   * changed.
   */
  committed(changes: Changes, returned: readonly ConversationUser[], changedProfiles: ReadonlySet<UserId>): void
}

export interface CommitterDependencies {
  readonly store: MessageStore
  readonly bus: EventBus
  readonly clock: Clock
  readonly ids: IdGenerator
  readonly limits: Limits
  readonly meter: Meter
  readonly log: Logger
  /** Most waiting commands of one user. By default that of the table of limits. */
  readonly maxWaitingPerUser?: number
  readonly tracer?: Tracer | undefined
  /** Changed users are removed from it before the commands that changed them are answered. */
  readonly users?: Pick<RecentUsers, 'forget'>
  readonly listeners?: readonly CommitListener[]
}

/**
 * Runs commands in batches: commands that arrive while a batch is being made durable form the next one. A command's promise
 * settles after its batch is durable, with its result or its refusal. Commands of one user about one conversation run in the
 * order in which they were sent.
 */
export class Committer {
  readonly #dependencies: CommitterDependencies
  readonly #lanes: Lanes
  readonly #messageConversations: MessageConversationCache
  /** Bounds the batches that wait for locks of other nodes, so that writers are left for other batches. */
  readonly #lockWaits: Semaphore
  readonly #mutex = new KeyedMutex<UserId>()
  readonly #heldSince = new WeakMap<Command, number>()
  readonly #waiting: WaitingCommands
  /** An outage of the store is logged once, until a batch is written again: the data may have been moved to another store. */
  #isOutageLogged = false

  constructor(dependencies: CommitterDependencies) {
    this.#dependencies = dependencies
    this.#waiting = new WaitingCommands(dependencies.meter, dependencies.maxWaitingPerUser)
    const { writers } = dependencies.store
    this.#messageConversations = new MessageConversationCache(dependencies.store)
    this.#lockWaits = new Semaphore(Math.max(1, Math.floor(writers / 2)))
    this.#lanes = new Lanes({
      writers,
      run: commands => this.#commit(commands, false),
      runWaiting: commands => this.#runWaiting(commands),
    })
  }

  /** Commands that are not answered yet. */
  get waiting(): number {
    return this.#waiting.count
  }

  /** `request` is the `traceparent` of the command's request, if that is traced. */
  async run<Input, Result>(
    useCase: UseCase<Input, Result>,
    input: Input,
    actor: Actor,
    request?: string,
  ): Promise<Result> {
    const { userId } = actor
    this.#waiting.enter(userId)
    const traced = TracedCommand.begin(this.#dependencies.tracer, useCase.name, request)
    try {
      const needs = useCase.needs(input, actor)
      const found = this.#withMessageConversations(needs)
      const push = (known: Needs) => this.#push(useCase, input, actor, known, traced)
      const waits = found instanceof Promise || this.#mutex.has(userId)
      const result = await (waits ? this.#mutex.runInOrder(userId, found, push) : push(found))
      traced?.answered()
      return result
    } catch (error) {
      traced?.failed(error)
      if (error instanceof CapReached) this.#dependencies.meter.limitReached(error.limit)
      throw error
    } finally {
      this.#waiting.leave(userId)
    }
  }

  /** Resolves when all commands are settled. */
  settled(): Promise<void> {
    return this.#lanes.settled()
  }

  #push<Input, Result>(
    useCase: UseCase<Input, Result>,
    input: Input,
    actor: Actor,
    needs: Needs,
    traced: TracedCommand | undefined,
  ): Promise<Result> {
    const { ids, limits } = this.#dependencies
    const { promise, resolve, reject } = Promise.withResolvers<Result>()
    this.#lanes.push({
      userId: actor.userId,
      needs,
      traced,
      decide: (state, at) => {
        const { draft, result } = useCase.decide(input, { actor, state, at, ids, limits })
        state.apply(draft, actor, at)
        traced?.decided(draft)
        const answer = result(state)
        return () => resolve(answer)
      },
      reject,
    })
    return promise
  }

  /** With several writers, a command runs in the lane of its conversation, which therefore has to be known. */
  #withMessageConversations(needs: Needs): Needs | Promise<Needs> {
    const { messages = [], conversations = [] } = needs
    if (this.#dependencies.store.writers === 1 || messages.length === 0) return needs
    const withConversations = (found: readonly ConversationId[]): Needs => ({
      ...needs,
      conversations: [...conversations, ...found],
    })
    const known = this.#messageConversations.known(messages)
    return known === undefined
      ? this.#messageConversations.find(messages).then(withConversations)
      : withConversations(known)
  }

  /** A bounded number of batches waits inside the store; the others retry in a moment. */
  async #runWaiting(commands: readonly Command[]): Promise<readonly Command[]> {
    const waiting = this.#lockWaits.tryRun(() => this.#commit(commands, true))
    const deferred = await (waiting ?? delay(retryMs).then(() => this.#commit(commands, false)))
    const now = performance.now()
    // If some commands were accepted, the others did not wait for a lock but for room in the batch.
    if (deferred.length < commands.length) {
      for (const command of deferred) this.#heldSince.set(command, now)
      return deferred
    }
    return deferred.filter(command => {
      const isLockedTooLong = now - (this.#heldSince.get(command) ?? now) > maxLockedMs
      if (isLockedTooLong) command.reject(unavailable('The conversation is locked by another node. Retry in a moment.'))
      return !isLockedTooLong
    })
  }

  /** Settles the commands, and returns those that were deferred. Never rejects. */
  async #commit(commands: readonly Command[], wait: boolean): Promise<readonly Command[]> {
    const startedAt = performance.now()
    const traced = TracedCommit.begin(this.#dependencies.tracer, commands)
    let decided: DecidedBatch
    let taken = commands
    let deferred: readonly Command[] = []
    try {
      await using batch = await this.#dependencies.store.begin(
        commands.map(({ needs }) => needs),
        { wait },
      )
      if (batch.deferred.length > 0) [taken, deferred] = this.#split(commands, batch)
      if (taken.length === 0) {
        traced?.durable()
        return deferred
      }
      decided = await this.#decideAndWrite(batch, taken)
    } catch (error) {
      traced?.failed(error)
      return [...deferred, ...(await this.#failed(taken, error, wait))]
    }
    traced?.durable()
    this.#afterWrite(decided)
    for (const answer of decided.answers) answer()
    try {
      this.#dependencies.meter.committed(taken.length, (performance.now() - startedAt) / 1000)
      const announcements = decided.state.announcements()
      this.#dependencies.bus.publish(traced?.carriedBy(announcements) ?? announcements, decided.state.notices())
    } catch (error) {
      this.#dependencies.log.error({ err: error }, 'announcing a commit failed')
    }
    return deferred
  }

  /** Splits the commands into those that the batch has accepted, and those that wait for a lock or for an earlier command that does. */
  #split(commands: readonly Command[], batch: OpenBatch): [readonly Command[], readonly Command[]] {
    const held = new Set(batch.deferred)
    const behind = new Set<string>()
    const [taken, deferred]: [Command[], Command[]] = [[], []]
    const now = performance.now()
    for (const [index, command] of commands.entries()) {
      const subject = subjectOf(command.needs)
      if (held.has(index)) behind.add(subject)
      else if (!behind.has(subject)) {
        taken.push(command)
        continue
      }
      deferred.push(command)
      if (!this.#heldSince.has(command)) this.#heldSince.set(command, now)
      command.traced?.deferred()
    }
    this.#dependencies.meter.deferred(deferred.length)
    return [taken, deferred]
  }

  #afterWrite({ changes, returned, state }: DecidedBatch): void {
    if (changes === undefined) return
    this.#isOutageLogged = false
    this.#dependencies.users?.forget(changes.users.map(({ id }) => id))
    for (const listener of this.#dependencies.listeners ?? [])
      listener.committed(changes, returned, state.changedProfiles)
    if (this.#dependencies.store.writers === 1) return
    for (const { id, conversationId } of changes.messages) this.#messageConversations.remember(id, conversationId)
  }

  async #decideAndWrite(batch: OpenBatch, commands: readonly Command[]): Promise<DecidedBatch> {
    const state = new BatchState(batch.rows)
    const at = this.#dependencies.clock.now()
    const answers = commands.map(command => {
      try {
        return command.decide(state, at)
      } catch (error) {
        // A refusal leaves the state unchanged. After any other error the state is unknown, so the batch fails.
        if (!(error instanceof Refusal)) throw error
        return () => command.reject(error)
      }
    })
    const changes = state.changes()
    const { returned } = changes === undefined ? { returned: [] } : await batch.commit(changes)
    return { state, changes, returned, answers }
  }

  /** If the store is unavailable, all commands fail. Any other error may be caused by one command, so they run again one by one. */
  async #failed(commands: readonly Command[], error: unknown, wait: boolean): Promise<readonly Command[]> {
    const unavailable = error instanceof Refusal && error.code === 'UNAVAILABLE'
    if (!unavailable && commands.length > 1) {
      this.#dependencies.log.warn(
        { err: error, commands: commands.length },
        'a batch failed; its commands run one by one',
      )
      return this.#oneByOne(commands, wait)
    }
    if (!unavailable || !this.#isOutageLogged) this.#dependencies.log.error({ err: error }, 'a commit failed')
    this.#isOutageLogged ||= unavailable
    for (const command of commands) command.reject(error)
    return []
  }

  async #oneByOne(commands: readonly Command[], wait: boolean): Promise<readonly Command[]> {
    const deferred: Command[] = []
    for (const command of commands) {
      const subject = subjectOf(command.needs)
      const isBehind = deferred.some(({ needs }) => subjectOf(needs) === subject)
      deferred.push(...(isBehind ? [command] : await this.#commit([command], wait)))
    }
    return deferred
  }
}
