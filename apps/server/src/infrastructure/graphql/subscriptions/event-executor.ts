import type { ErrorCode, UserId } from '@cpc-messenger/messenger'
import type { ValidatedSubscriptionArgs } from 'graphql'
import type { SubscriptionService } from '../../../delivery/streams/subscription-service.ts'
import type { Actor } from '../../../services/identity/actor.ts'
import type { PreparedOperation } from '../documents/prepared-operation.ts'
import { type Answer, answerToJson } from '../execution/interface/answer.ts'
import type { Caller } from '../operations/caller.ts'
import type { GraphQLDependencies } from '../operations/graphql-dependencies.ts'
import { EventContext, type OperationContext, SharedContext, SignalContext } from '../operations/operation-context.ts'
import { presentError, presentThrown, saysUnavailable } from '../operations/present-error.ts'
import type { EventLoaders } from './event-loaders.ts'
import type { EventReads } from './event-reads.ts'
import type { ResponsePayload } from './response-payload.ts'
import { retryLater } from './retry-later.ts'
import type { SharedExecution, SharedResult } from './shared-execution.ts'
import { isShared, type SharedExecutions, type SharedItem } from './shared-executions.ts'
import type { SharedSelection } from './shared-selection.ts'
import type { SourceItem } from './subscription-source.ts'

export interface EventExecutorDependencies {
  readonly dependencies: GraphQLDependencies
  readonly loaders: EventLoaders
  readonly shared: SharedExecutions
  /** Called whenever an item is executed. */
  readonly onExecution: () => void
}

interface SubscriptionOperation {
  readonly operation: PreparedOperation
  readonly args: ValidatedSubscriptionArgs
  readonly caller: Caller
  readonly actor: Actor
}

/** `unavailable`: the store did not respond; execute the item again later. `hidden`: the viewer may not see what a signal is about any more. */
export type Executed = ResponsePayload | 'unavailable' | 'hidden'

const isHidden = ({ errors = [] }: Answer): boolean =>
  errors.length > 0 && errors.every(({ extensions }) => extensions.code === ('NOT_FOUND' satisfies ErrorCode))

const isUnavailable = ({ errors = [] }: Answer): boolean => errors.some(saysUnavailable)

/** Executes a subscription's selection over its items, shared with the subscriptions that have the same selection. */
export class EventExecutor {
  readonly #common: EventExecutorDependencies
  readonly #subscription: SubscriptionOperation
  readonly #selection: SharedSelection | undefined
  #key: string | undefined
  #viewersKey: string | undefined

  constructor(common: EventExecutorDependencies, subscription: SubscriptionOperation) {
    this.#common = common
    this.#subscription = subscription
    this.#selection = subscription.operation.sharedSelection
  }

  get responseKey(): string {
    return this.#selection?.responseKey ?? ''
  }

  get viewerId(): UserId {
    return this.#subscription.actor.userId
  }

  get subscriptionService(): SubscriptionService {
    return this.#common.dependencies.subscriptionService
  }

  /** The payload if the item was executed for the same selection before. The caller validates it. */
  known(item: SourceItem): ResponsePayload | undefined {
    const selection = this.#selection
    if (selection === undefined || !isShared(item, selection)) return undefined
    return this.#common.shared.latest(item, this.#sharedKey(selection))?.payloadFor(selection.responseKey)
  }

  /** Never throws, and a promise never rejects. A shared execution may be settled already. */
  execute(item: SourceItem): SharedExecution | Executed | Promise<Executed> {
    const selection = this.#selection
    return selection !== undefined && isShared(item, selection)
      ? this.#shared(item, selection)
      : this.executeAlone(item)
  }

  /** Executes the item for this subscription only. Never throws, and a promise never rejects. */
  executeAlone(item: SourceItem): Executed | Promise<Executed> {
    const reads = this.#common.loaders.ofItem(item)
    const executed = (result: Answer): Executed => {
      if (isUnavailable(result)) return 'unavailable'
      if (item.kind === 'signal' && isHidden(result)) return 'hidden'
      return { json: answerToJson(result), readSet: reads?.rows.readSet }
    }
    const result = this.#runForViewer(item, reads)
    return result instanceof Promise ? result.then(executed) : executed(result)
  }

  #shared(item: SharedItem, selection: SharedSelection): SharedExecution {
    const { shared } = this.#common
    const key = this.#sharedKey(selection)
    const found = shared.find(item, key)
    if (found !== undefined) return found
    const execution = shared.begin(item, key)
    this.#settle(execution, item, selection)
    return execution
  }

  /** A result that depends on the viewer is shared by the connections of one viewer. */
  #sharedKey(selection: SharedSelection): string {
    this.#key ??= selection.keyFor(this.#subscription.args.variableValues.coerced)
    if (selection.viewerIndependent) return this.#key
    this.#viewersKey ??= `${JSON.stringify(this.#subscription.actor)} ${this.#key}`
    return this.#viewersKey
  }

  /** Retries the execution until the store responds or no open subscription waits for it. */
  #settle(execution: SharedExecution, item: SharedItem, selection: SharedSelection): void {
    const use = (result: SharedResult | 'unavailable'): void => {
      if (result !== 'unavailable') execution.settle(result)
      else
        retryLater(() => {
          if (execution.isAwaited) this.#settle(execution, item, selection)
          else execution.settle(undefined)
        })
    }
    const result = this.#executeShared(item, selection)
    if (result instanceof Promise) void result.then(use)
    else use(result)
  }

  #executeShared(
    item: SharedItem,
    selection: SharedSelection,
  ): SharedResult | 'unavailable' | Promise<SharedResult | 'unavailable'> {
    const { dependencies, loaders } = this.#common
    const { responseKey } = selection
    const reads = loaders.ofItem(item)
    const sharedContext = selection.viewerIndependent ? new SharedContext(dependencies, reads) : undefined
    const result = sharedContext === undefined ? this.#runForViewer(item, reads) : this.#run(item, sharedContext)
    const shared = (answer: Answer): SharedResult | 'unavailable' => {
      if (sharedContext?.viewerWasRead) {
        if (!selection.mayReadViewer) this.#giveUpSharing(selection, answer)
        return undefined
      }
      if (answer.tooLarge) return { responseKey, payload: this.#refused(answer) }
      if (answer.errors === undefined)
        return { responseKey, payload: { json: answerToJson(answer), readSet: reads?.rows.readSet } }
      if (!isUnavailable(answer)) return undefined
      for (const error of answer.errors) presentError(error, dependencies.log)
      return 'unavailable'
    }
    return result instanceof Promise ? result.then(shared) : shared(result)
  }

  /** The result is too large for every subscription. */
  #refused({ errors = [] }: Answer): ResponsePayload {
    return { json: answerToJson({ errors: errors.map(error => presentError(error, this.#common.dependencies.log)) }) }
  }

  #giveUpSharing(selection: SharedSelection, { errors }: Answer): void {
    if (selection.markViewerDependent())
      this.#common.dependencies.log.error(
        { selection: selection.responseKey, errors },
        'a viewer-independent field read the viewer; this selection is now executed once for each viewer',
      )
  }

  /** Never throws, and a promise never rejects. */
  #runForViewer(item: SourceItem, reads: EventReads | undefined): Answer | Promise<Answer> {
    const { dependencies } = this.#common
    const { actor, caller } = this.#subscription
    if (item.kind !== 'signal') return this.#run(item, new EventContext(dependencies, caller, actor, reads))
    const context = new SignalContext(dependencies, caller, actor)
    const result = this.#run(item, context)
    // A snapshot that nothing was read from needs no end.
    if (!(result instanceof Promise)) return result
    return result.finally(() => context[Symbol.asyncDispose]().then(undefined, () => undefined))
  }

  /** Never throws, and a promise never rejects. Errors in a shared context are not presented, because the result may be discarded. */
  #run(item: SourceItem, contextValue: OperationContext): Answer | Promise<Answer> {
    this.#common.onExecution()
    const present = (answer: Answer): Answer => this.#present(answer, contextValue)
    try {
      const { operation, args } = this.#subscription
      const result = operation.executable.execute({ ...args, rootValue: item, contextValue })
      return result instanceof Promise ? result.then(present).catch(this.#failed) : present(result)
    } catch (error) {
      return this.#failed(error)
    }
  }

  #present(answer: Answer, contextValue: OperationContext): Answer {
    if (answer.errors === undefined || contextValue instanceof SharedContext) return answer
    return { ...answer, errors: answer.errors.map(error => presentError(error, this.#common.dependencies.log)) }
  }

  readonly #failed = (error: unknown): Answer => ({ errors: [presentThrown(error, this.#common.dependencies.log)] })
}
