import type { UserId } from '@cpc-messenger/messenger'
import type { ValidatedSubscriptionArgs } from 'graphql'
import type { DeliveredEvent } from '../../../delivery/streams/stream-item.ts'
import type { Renewed } from '../../../delivery/streams/subscription-service.ts'
import type { Actor } from '../../../services/identity/actor.ts'
import { type Answer, answerToJson } from '../execution/answer.ts'
import type { CompiledOperations } from '../execution/compiled/compiled-operations.ts'
import type { Caller } from '../operations/caller.ts'
import type { GraphQLDependencies } from '../operations/graphql-dependencies.ts'
import { EventContext, type OperationContext, SharedContext } from '../operations/operation-context.ts'
import { presentError, presentThrown, saysUnavailable } from '../operations/present-error.ts'
import type { EventLoaders } from './event-loaders.ts'
import { later } from './later.ts'
import type { Payload } from './payload.ts'
import type { Attempt, Awaiting, SharedExecution } from './shared-execution.ts'
import type { SharedExecutions, SharedItem } from './shared-executions.ts'
import type { SharedSelection } from './shared-selection.ts'
import type { SourceItem } from './subscription-source.ts'

export interface EventExecutorDependencies {
  readonly dependencies: GraphQLDependencies
  readonly loaders: EventLoaders
  readonly shared: SharedExecutions
  readonly operations: CompiledOperations
  /** Called whenever an item is executed. */
  readonly onExecution: () => void
}

export interface SubscriptionOperation {
  readonly args: ValidatedSubscriptionArgs
  readonly caller: Caller
  readonly actor: Actor
  /** Undefined: every item is executed for this subscription alone. */
  readonly selection: SharedSelection | undefined
}

const isUnavailable = ({ errors = [] }: Answer): boolean => errors.some(saysUnavailable)

/** Executes a subscription's selection over its items, together with whoever asks the same of them. */
export class EventExecutor {
  readonly #common: EventExecutorDependencies
  readonly #operation: SubscriptionOperation
  readonly #selection: SharedSelection | undefined
  #key: string | undefined
  #viewersKey: string | undefined

  constructor(common: EventExecutorDependencies, operation: SubscriptionOperation) {
    this.#common = common
    this.#operation = operation
    this.#selection = operation.selection
  }

  get responseKey(): string {
    return this.#selection?.responseKey ?? ''
  }

  /** The answer is settled when there is one, which may be at once. */
  execute(item: SourceItem, answer: Awaiting): void {
    const selection = this.#selection
    if (selection === undefined || item.kind === 'refused') this.executeAlone(item, answer)
    else this.#shared(item, selection).tell(answer)
  }

  get viewerId(): UserId {
    return this.#operation.actor.userId
  }

  /** A delivered event as it is now; undefined where it may not go out any more. */
  renew(delivered: DeliveredEvent): Renewed | Promise<Renewed | undefined> {
    return this.#common.dependencies.subscriptionService.renew(delivered, this.viewerId)
  }

  /** The head of the log of which the viewer is a member; undefined where they are none. */
  memberHead({ event }: DeliveredEvent): Promise<number | undefined> {
    return this.#common.dependencies.subscriptionService.memberHead(event.conversationId, this.viewerId)
  }

  /** The answer, where those who ask the same have it already; it is not validated. */
  known(item: SourceItem): Payload | undefined {
    const selection = this.#selection
    if (selection === undefined || item.kind === 'refused') return undefined
    return this.#common.shared.latest(item, this.#sharedKey(selection))?.payloadFor(selection.responseKey)
  }

  /** Executes it for this subscription and no other. While the store does not answer, nothing is told past the item. */
  executeAlone(item: SourceItem, answer: Awaiting): void {
    const { dependencies, loaders } = this.#common
    const { actor, caller } = this.#operation
    const reads = loaders.ofItem(item)
    const settle = (result: Answer): void => {
      if (isUnavailable(result)) this.#later(item, answer)
      else answer.settle({ json: answerToJson(result), readSet: reads?.rows.readSet })
    }
    const result = this.#run(item, new EventContext(dependencies, caller, actor, reads))
    if (result instanceof Promise) void result.then(settle)
    else settle(result)
  }

  #later(item: SourceItem, answer: Awaiting): void {
    later(() => {
      if (!answer.over) this.execute(item, answer)
    })
  }

  #shared(item: SharedItem, selection: SharedSelection): SharedExecution {
    const { shared } = this.#common
    const key = this.#sharedKey(selection)
    return shared.find(item, key) ?? shared.begin(item, key, () => this.#share(item, selection))
  }

  /** What depends on the viewer is shared by the connections of one. */
  #sharedKey(selection: SharedSelection): string {
    this.#key ??= selection.keyFor(this.#operation.args.variableValues.coerced)
    if (selection.viewerIndependent) return this.#key
    this.#viewersKey ??= `${JSON.stringify(this.#operation.actor)} ${this.#key}`
    return this.#viewersKey
  }

  #share(item: SharedItem, selection: SharedSelection): Attempt | Promise<Attempt> {
    const { dependencies, loaders } = this.#common
    const { actor, caller } = this.#operation
    const reads = loaders.ofItem(item)
    const sharedContext = selection.viewerIndependent ? new SharedContext(dependencies, reads) : undefined
    const result = this.#run(item, sharedContext ?? new EventContext(dependencies, caller, actor, reads))
    const shared = (answer: Answer): Attempt => {
      if (sharedContext?.viewerWasRead) this.#giveUpSharing(selection, answer)
      else if (answer.tooLarge) return { responseKey: selection.responseKey, payload: this.#refused(answer) }
      else if (answer.errors === undefined)
        return {
          responseKey: selection.responseKey,
          payload: { json: answerToJson(answer), readSet: reads?.rows.readSet },
        }
      else if (isUnavailable(answer)) {
        for (const error of answer.errors) presentError(error, this.#common.dependencies.log)
        return 'unavailable'
      }
      return undefined
    }
    return result instanceof Promise ? result.then(shared) : shared(result)
  }

  /** It would be too large for each of them. */
  #refused({ errors = [] }: Answer): Payload {
    return { json: answerToJson({ errors: errors.map(error => presentError(error, this.#common.dependencies.log)) }) }
  }

  #giveUpSharing(selection: SharedSelection, { errors }: Answer): void {
    if (selection.markViewerDependent())
      this.#common.dependencies.log.error(
        { selection: selection.responseKey, errors },
        'a field marked as the same for all read the viewer; its subscriptions are executed for each viewer',
      )
  }

  /** Never throws or rejects. Errors are presented where they go out, and not where a shared execution is given up. */
  #run(item: SourceItem, contextValue: OperationContext): Answer | Promise<Answer> {
    this.#common.onExecution()
    const present = (answer: Answer): Answer => this.#present(answer, contextValue)
    try {
      const result = this.#common.operations.execute({ ...this.#operation.args, rootValue: item, contextValue })
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
