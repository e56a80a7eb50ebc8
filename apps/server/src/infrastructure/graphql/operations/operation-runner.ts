import { badInput, tokenExpired } from '@cpc-messenger/messenger'
import {
  createSourceEventStream,
  type DocumentNode,
  type GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  type OperationDefinitionNode,
  OperationTypeNode,
  type ValidatedExecutionArgs,
  type ValidatedSubscriptionArgs,
  validateExecutionArgs,
  validateSubscriptionArgs,
} from 'graphql'
import { UserSemaphore } from '../../../services/limits/user-semaphore.ts'
import type { Span } from '../../../services/telemetry/tracer.ts'
import { timeSlices } from '../compiled/time-slices.ts'
import { answerLimits, requireCost } from '../cost/cost-limits.ts'
import { OperationCosts } from '../cost/operation-costs.ts'
import { ExecutionArguments } from '../documents/execution-arguments.ts'
import { isOpenDocument } from '../documents/open-document.ts'
import { type Prepared, PreparedDocuments } from '../documents/prepared-documents.ts'
import { type Answer, largeAnswerLength } from '../execution/answer.ts'
import { CompiledOperations } from '../execution/compiled/compiled-operations.ts'
import { EventExecutor, type EventExecutorDependencies } from '../subscriptions/event-executor.ts'
import { EventLoaders } from '../subscriptions/event-loaders.ts'
import { bytesOfArguments, keptArguments } from '../subscriptions/kept-arguments.ts'
import { ResponseStream } from '../subscriptions/response-stream.ts'
import { SharedExecutions } from '../subscriptions/shared-executions.ts'
import { SharedSelections } from '../subscriptions/shared-selections.ts'
import { SubscriptionSource } from '../subscriptions/subscription-source.ts'
import type { Caller } from './caller.ts'
import type { GraphQLDependencies } from './graphql-dependencies.ts'
import { noToken, SnapshotContext } from './operation-context.ts'
import { PageShare } from './page-share.ts'
import { presentError, presentThrown } from './present-error.ts'
import { codeOf, traceOperation } from './traced-operation.ts'

/** Answers up to this size are not counted: they go out at once. */
const smallAnswerBytes = 65_536

const readTooMuch = ({ extensions }: GraphQLError): boolean => extensions.code === 'QUERY_TOO_COMPLEX'

/** It was given up, or a part of it is missing because too much would have been read. */
const isTooLarge = ({ tooLarge, errors = [] }: Answer): boolean => tooLarge === true || errors.some(readTooMuch)

export interface Operation {
  readonly document: DocumentNode
  readonly operationName?: string | null | undefined
  readonly variables?: Readonly<Record<string, unknown>> | null | undefined
}

/** Runs operations, whatever they came over. */
export class OperationRunner {
  readonly schema: GraphQLSchema
  readonly #dependencies: GraphQLDependencies
  readonly #documents: PreparedDocuments
  readonly #costs: OperationCosts
  readonly #selections: SharedSelections
  readonly #arguments = new ExecutionArguments()
  readonly #operations: CompiledOperations
  readonly #events: EventExecutorDependencies
  /** Operations that read, each of one snapshot. */
  readonly #reads: UserSemaphore
  #executions = 0

  constructor(schema: GraphQLSchema, dependencies: GraphQLDependencies) {
    this.schema = schema
    this.#dependencies = dependencies
    this.#reads = new UserSemaphore({ meter: dependencies.meter })
    this.#costs = new OperationCosts(schema)
    const { log, exposure } = dependencies
    this.#documents = new PreparedDocuments({ schema, log, exposure, costs: this.#costs })
    this.#selections = new SharedSelections(schema)
    this.#operations = new CompiledOperations(schema, answerLimits)
    this.#events = {
      operations: this.#operations,
      dependencies,
      loaders: new EventLoaders(dependencies.subscriptionService),
      shared: new SharedExecutions(),
      onExecution: () => {
        this.#executions += 1
      },
    }
  }

  /** How often a subscription's selection was executed over an item, however many it was for. */
  get executions(): number {
    return this.#executions
  }

  /** Parses, validates and measures what a caller may ask for; never throws. */
  prepare(query: string, caller: Pick<Caller, 'session'>): Prepared {
    const prepared = this.#prepare(query, caller)
    if (prepared.errors !== undefined) this.#count(prepared.errors)
    return prepared
  }

  /** As `prepare`, in a later turn of the event loop where other documents and answers have taken enough of this one. */
  prepareInSlices(query: string, caller: Pick<Caller, 'session'>): Prepared | Promise<Prepared> {
    const known = this.#mayAsk(caller) ? this.#documents.find(query) : undefined
    if (known !== undefined) return known
    if (!timeSlices.over()) return this.prepare(query, caller)
    // What follows in the same turn, costing and compiling, takes as long again.
    return timeSlices.ownTurn().then(() => this.prepare(query, caller))
  }

  /** How much is remembered of the documents of users. */
  get cachedDocuments(): { readonly bytes: number; readonly size: number } {
    return this.#documents.cached
  }

  /** Answers a query or mutation; what it read from is given back before it resolves. Never rejects. */
  execute(operation: Operation, caller: Caller): Promise<Answer> {
    const span = traceOperation(this.#dependencies.tracer, operation, caller)
    return span === undefined ? this.#execute(operation, caller) : this.#executeTraced(operation, caller, span)
  }

  /** The results as they are asked for, or why there are none. Never rejects. */
  async subscribe(operation: Operation, caller: Caller): Promise<ResponseStream | Answer> {
    const span = traceOperation(this.#dependencies.tracer, operation, caller)
    const answer = await this.#subscribe(operation, caller)
    span?.end(answer instanceof ResponseStream ? 'OK' : codeOf(answer))
    return answer
  }

  /**
   * Counts an answer that is handed to a socket until what this returns is called, when the client has taken it or is gone.
   * Undefined where the answer is small.
   */
  holdUnsent({ session }: Pick<Caller, 'session'>, bytes: number): (() => void) | undefined {
    if (session === undefined || bytes <= smallAnswerBytes) return undefined
    return this.#reads.holdUnsent(session.actor.userId, bytes)
  }

  /** A valid token stands behind the caller. */
  #mayAsk({ session }: Pick<Caller, 'session'>): boolean {
    return session !== undefined && session.tokenExpiresAt > this.#dependencies.clock.now()
  }

  #prepare(query: string, caller: Pick<Caller, 'session'>): Prepared {
    const { exposure, log } = this.#dependencies
    const { session } = caller
    if (session !== undefined && this.#mayAsk(caller)) return this.#documents.prepare(query, session.actor.userId)
    try {
      if (isOpenDocument(query, exposure)) return this.#documents.prepare(query, undefined)
      throw session === undefined ? noToken() : tokenExpired()
    } catch (error) {
      return { errors: [presentThrown(error, log)] }
    }
  }

  async #executeTraced(operation: Operation, caller: Caller, span: Span): Promise<Answer> {
    const answer = await this.#execute(operation, caller, span.traceparent)
    span.end(codeOf(answer))
    return answer
  }

  async #execute(operation: Operation, caller: Caller, trace?: string): Promise<Answer> {
    const node = getOperationAST(operation.document, operation.operationName)
    const answer =
      node?.operation === OperationTypeNode.QUERY
        ? await this.#executeQuery(node, operation, caller, trace)
        : await this.#executeOnce(node, operation, caller, trace)
    if (answer.tooLarge) this.#count(answer.errors ?? [])
    // Whoever asked encodes it in this turn: one large answer at a time, whatever it goes out over.
    if ((answer.data?.length ?? 0) > largeAnswerLength) await timeSlices.ownTurn()
    return answer
  }

  /** An answer that would be too large is executed again with fewer rows in its pages, which say that more follow. */
  async #executeQuery(
    node: OperationDefinitionNode,
    operation: Operation,
    caller: Caller,
    trace?: string,
  ): Promise<Answer> {
    const [whole, ...less] = PageShare.shares
    let pages = new PageShare(whole)
    let answer = await this.#executeOnce(node, operation, caller, trace, pages)
    for (const share of less) {
      if (!pages.divisible || !isTooLarge(answer)) break
      pages = new PageShare(share)
      answer = await this.#executeOnce(node, operation, caller, trace, pages)
    }
    return answer
  }

  async #executeOnce(
    node: OperationDefinitionNode | null | undefined,
    operation: Operation,
    caller: Caller,
    trace: string | undefined,
    pages?: PageShare,
  ): Promise<Answer> {
    const context = new SnapshotContext(this.#dependencies, this.#reads, caller, trace, pages)
    try {
      if (node != null) this.#admit(node, operation, caller)
      const args = this.#argumentsOf(operation, context)
      const validated = node == null ? validateExecutionArgs(args) : this.#arguments.validate(node, args)
      if (!('schema' in validated)) return this.#present({ errors: validated })
      this.#requireConditions(validated)
      return this.#present(await this.#operations.execute(validated))
    } catch (error) {
      return this.#failed(error)
    } finally {
      const closed = context.close()
      if (closed !== undefined) await closed
    }
  }

  async #subscribe(operation: Operation, caller: Caller): Promise<ResponseStream | Answer> {
    await using context = new SnapshotContext(this.#dependencies, this.#reads, caller)
    try {
      const node = getOperationAST(operation.document, operation.operationName)
      if (node != null) this.#admit(node, operation, caller)
      const validated = validateSubscriptionArgs(this.#argumentsOf(operation, context))
      if (!('schema' in validated)) return this.#present({ errors: validated })
      this.#requireConditions(validated)
      const args = keptArguments(validated)
      const { own, shared } = bytesOfArguments(args)
      const memory = this.#dependencies.memory?.hold(context.actor.userId, own, shared)
      const source = await this.#open(validated, memory)
      if (!(source instanceof SubscriptionSource)) return this.#present(source)
      const selection = this.#selections.of(operation.document, operation.operationName)
      const subscription = { args, caller, actor: context.actor, selection }
      return new ResponseStream(source, new EventExecutor(this.#events, subscription), memory)
    } catch (error) {
      return this.#failed(error)
    }
  }

  /** The memory is given back where there is nothing to keep. */
  async #open(args: ValidatedSubscriptionArgs, memory: Disposable | undefined): Promise<SubscriptionSource | Answer> {
    try {
      const source = await createSourceEventStream(args)
      if (source instanceof SubscriptionSource) return source
      if (Symbol.asyncIterator in source) throw new TypeError('a root field answered with a stream of its own')
      memory?.[Symbol.dispose]()
      return { errors: source.errors ?? [] }
    } catch (error) {
      memory?.[Symbol.dispose]()
      throw error
    }
  }

  #argumentsOf({ document, operationName, variables }: Operation, contextValue: SnapshotContext) {
    const hideSuggestions = !this.#dependencies.exposure.suggestions
    return { schema: this.schema, document, operationName, variableValues: variables, contextValue, hideSuggestions }
  }

  /** Refuses what takes too much. A mutation is done whatever waits; what is read for its answer waits its turn. */
  #admit(node: OperationDefinitionNode, { document, variables }: Operation, { session }: Caller): void {
    requireCost(this.#costs.of(document, node, variables ?? {}), node.operation)
    if (session !== undefined && node.operation === OperationTypeNode.QUERY)
      this.#reads.requireRoom(session.actor.userId)
  }

  #requireConditions(args: ValidatedExecutionArgs): void {
    const name = this.#operations.nullCondition(args)
    if (name !== undefined)
      throw badInput(name, `$${name} decides of @skip or @include: it is true or false, not null.`)
  }

  #present(answer: Answer): Answer {
    if (answer.errors === undefined) return answer
    return { ...answer, errors: answer.errors.map(error => presentError(error, this.#dependencies.log)) }
  }

  #failed(error: unknown): Answer {
    const errors = [presentThrown(error, this.#dependencies.log)]
    this.#count(errors)
    return { errors }
  }

  #count(errors: readonly GraphQLError[]): void {
    for (const { extensions } of errors) this.#dependencies.meter.request('document', String(extensions.code))
  }
}
