import { tokenExpired } from '@cpc-messenger/messenger'
import {
  createSourceEventStream,
  type GraphQLError,
  type GraphQLSchema,
  OperationTypeNode,
  type ValidatedSubscriptionArgs,
} from 'graphql'
import { UserSemaphore } from '../../../services/limits/user-semaphore.ts'
import type { Span } from '../../../services/telemetry/tracer.ts'
import { fairScheduler } from '../../scheduling/fair-scheduler.ts'
import { answerLimits, requireCost } from '../cost/cost-limits.ts'
import { SchemaCosts } from '../cost/schema-costs.ts'
import { InputCoercion } from '../documents/input-coercion.ts'
import { isOpenDocument } from '../documents/open-document.ts'
import type { PreparedDocument } from '../documents/prepared-document.ts'
import { type Prepared, PreparedDocuments } from '../documents/prepared-documents.ts'
import { PreparedOperation } from '../documents/prepared-operation.ts'
import { executors } from '../execution/executors.ts'
import { type Answer, largeAnswerLength } from '../execution/interface/answer.ts'
import { EventExecutor, type EventExecutorDependencies } from '../subscriptions/event-executor.ts'
import { EventLoaders } from '../subscriptions/event-loaders.ts'
import { bytesOfArguments, keptArguments } from '../subscriptions/kept-arguments.ts'
import { ResponseStream } from '../subscriptions/response-stream.ts'
import { SharedExecutions } from '../subscriptions/shared-executions.ts'
import { SubscriptionSource } from '../subscriptions/subscription-source.ts'
import type { Caller } from './caller.ts'
import type { GraphQLDependencies } from './graphql-dependencies.ts'
import { noToken, SnapshotContext } from './operation-context.ts'
import { PageShare } from './page-share.ts'
import { presentError, presentThrown } from './present-error.ts'
import { codeOf, traceOperation } from './traced-operation.ts'

/** Answers up to this size are not counted: they are sent at once. */
const smallAnswerBytes = 65_536

const readTooMuch = ({ extensions }: GraphQLError): boolean => extensions.code === 'QUERY_TOO_COMPLEX'

/** The answer exceeds a limit, as a whole or because a field would have read too much. */
const isTooLarge = ({ tooLarge, errors = [] }: Answer): boolean => tooLarge === true || errors.some(readTooMuch)

interface OperationRequest {
  readonly document: PreparedDocument
  readonly operationName?: string | null | undefined
  readonly variables?: Readonly<Record<string, unknown>> | null | undefined
}

type GivenVariables = OperationRequest['variables']

/** Runs operations, for every transport. */
export class OperationRunner {
  readonly #dependencies: GraphQLDependencies
  readonly #documents: PreparedDocuments
  readonly #events: EventExecutorDependencies
  /** Limits the snapshots that the operations of one user have open. */
  readonly #reads: UserSemaphore
  #executions = 0

  constructor(schema: GraphQLSchema, dependencies: GraphQLDependencies) {
    const { log, exposure, meter, subscriptionService, executor = 'compiled' } = dependencies
    this.#dependencies = dependencies
    this.#reads = new UserSemaphore({ meter, exceedsShare: userId => fairScheduler.exceedsShare(userId) })
    const preparation = {
      schema,
      costs: new SchemaCosts(schema),
      coercion: new InputCoercion(),
      executor: executors[executor](schema, answerLimits),
      hideSuggestions: !exposure.suggestions,
    }
    this.#documents = new PreparedDocuments({ preparation, log, exposure })
    this.#events = {
      dependencies,
      loaders: new EventLoaders(subscriptionService),
      shared: new SharedExecutions(),
      onExecution: () => {
        this.#executions += 1
      },
    }
  }

  /** How many times a selection was executed over an item, shared or not. */
  get executions(): number {
    return this.#executions
  }

  /** Parses, validates and measures a document that the caller may execute. Never throws. */
  prepare(query: string, caller: Pick<Caller, 'session'>): Prepared {
    const prepared = this.#prepare(query, caller)
    if (prepared.errors !== undefined) this.#count(prepared.errors)
    return prepared
  }

  /** Like `prepare`, but in a later turn of the event loop if other documents and answers have used up this one. */
  prepareInSlices(query: string, caller: Pick<Caller, 'session' | 'account'>): Prepared | Promise<Prepared> {
    const { account } = caller
    const known = this.#isAuthenticated(caller) ? this.#documents.find(query) : undefined
    if (known !== undefined) return known
    // Computing the cost and compiling follow in the same turn, and take as long again.
    if (fairScheduler.over(account)) return fairScheduler.ownTurn(account).then(() => this.prepare(query, caller))
    const prepared = this.prepare(query, caller)
    fairScheduler.ran(account)
    return prepared
  }

  /** The size of the cache of documents. */
  get cachedDocuments(): { readonly bytes: number; readonly size: number } {
    return this.#documents.cached
  }

  /** Executes a query or mutation. The snapshot that it read is closed before this resolves. Never rejects. */
  execute(request: OperationRequest, caller: Caller): Promise<Answer> {
    const operation = this.#operationOf(request)
    if (!(operation instanceof PreparedOperation)) return Promise.resolve(operation)
    const { variables } = request
    const span = traceOperation(this.#dependencies.tracer, operation.node, caller)
    return span === undefined
      ? this.#execute(operation, variables, caller)
      : this.#executeTraced(operation, variables, caller, span)
  }

  /** Opens a subscription, or returns why it was refused. Never rejects. */
  async subscribe(request: OperationRequest, caller: Caller): Promise<ResponseStream | Answer> {
    const operation = this.#operationOf(request)
    if (!(operation instanceof PreparedOperation)) return operation
    const span = traceOperation(this.#dependencies.tracer, operation.node, caller)
    const answer = await this.#subscribe(operation, request.variables, caller)
    span?.end(answer instanceof ResponseStream ? 'OK' : codeOf(answer))
    return answer
  }

  /**
   * Counts an answer that is written to a socket as unsent, until the returned function is called: when the client has read it
   * or disconnected. Undefined if the answer is small.
   */
  holdUnsent({ session }: Pick<Caller, 'session'>, bytes: number): (() => void) | undefined {
    if (session === undefined || bytes <= smallAnswerBytes) return undefined
    return this.#reads.holdUnsent(session.actor.userId, bytes)
  }

  /** Whether the caller has a valid token. */
  #isAuthenticated({ session }: Pick<Caller, 'session'>): boolean {
    return session !== undefined && session.tokenExpiresAt > this.#dependencies.clock.now()
  }

  #prepare(query: string, caller: Pick<Caller, 'session'>): Prepared {
    const { exposure, log } = this.#dependencies
    const { session } = caller
    if (session !== undefined && this.#isAuthenticated(caller))
      return this.#documents.prepare(query, session.actor.userId)
    try {
      if (isOpenDocument(query, exposure)) return this.#documents.prepare(query, undefined)
      throw session === undefined ? noToken() : tokenExpired()
    } catch (error) {
      return { errors: [presentThrown(error, log)] }
    }
  }

  #operationOf({ document, operationName }: OperationRequest): PreparedOperation | Answer {
    return document.operation(operationName) ?? this.#present({ errors: document.errorsOf(operationName) })
  }

  async #executeTraced(
    operation: PreparedOperation,
    variables: GivenVariables,
    caller: Caller,
    span: Span,
  ): Promise<Answer> {
    const answer = await this.#execute(operation, variables, caller, span.traceparent)
    span.end(codeOf(answer))
    return answer
  }

  async #execute(
    operation: PreparedOperation,
    variables: GivenVariables,
    caller: Caller,
    trace?: string,
  ): Promise<Answer> {
    const answer =
      operation.kind === OperationTypeNode.QUERY
        ? await this.#executeQuery(operation, variables, caller, trace)
        : await this.#executeOnce(operation, variables, caller, trace)
    if (answer.tooLarge) this.#count(answer.errors ?? [])
    // The transport encodes it in this turn of the event loop: one large answer at a time.
    if ((answer.data?.length ?? 0) > largeAnswerLength) await fairScheduler.ownTurn(caller.account)
    return answer
  }

  /** If the answer would be too large, executes it again with fewer rows in each page, which say that more follow. */
  async #executeQuery(
    operation: PreparedOperation,
    variables: GivenVariables,
    caller: Caller,
    trace?: string,
  ): Promise<Answer> {
    const [whole, ...less] = PageShare.shares
    let pages = new PageShare(whole)
    let answer = await this.#executeOnce(operation, variables, caller, trace, pages)
    for (const share of less) {
      if (!pages.divisible || !isTooLarge(answer)) break
      pages = new PageShare(share)
      answer = await this.#executeOnce(operation, variables, caller, trace, pages)
    }
    return answer
  }

  async #executeOnce(
    operation: PreparedOperation,
    variables: GivenVariables,
    caller: Caller,
    trace: string | undefined,
    pages?: PageShare,
  ): Promise<Answer> {
    const context = new SnapshotContext(this.#dependencies, this.#reads, caller, trace, pages)
    try {
      this.#admit(operation, variables, caller)
      const args = operation.arguments(variables, context)
      if (!('schema' in args)) return this.#present({ errors: args })
      return this.#present(await operation.executable.execute(args, caller.account))
    } catch (error) {
      return this.#failed(error)
    } finally {
      const closed = context.close()
      if (closed !== undefined) await closed
    }
  }

  async #subscribe(
    operation: PreparedOperation,
    variables: GivenVariables,
    caller: Caller,
  ): Promise<ResponseStream | Answer> {
    await using context = new SnapshotContext(this.#dependencies, this.#reads, caller)
    try {
      this.#admit(operation, variables, caller)
      const validated = operation.subscriptionArguments(variables, context)
      if (!('schema' in validated)) return this.#present({ errors: validated })
      const args = keptArguments(validated)
      const { own, shared } = bytesOfArguments(args)
      const memory = this.#dependencies.memory?.hold(context.actor.userId, own, shared)
      const source = await this.#open(validated, memory)
      if (!(source instanceof SubscriptionSource)) return this.#present(source)
      const subscription = { operation, args, caller, actor: context.actor }
      return new ResponseStream(source, new EventExecutor(this.#events, subscription), memory)
    } catch (error) {
      return this.#failed(error)
    }
  }

  /** Releases the memory if the subscription is not opened. */
  async #open(args: ValidatedSubscriptionArgs, memory: Disposable | undefined): Promise<SubscriptionSource | Answer> {
    try {
      const source = await createSourceEventStream(args)
      if (source instanceof SubscriptionSource) return source
      if (Symbol.asyncIterator in source)
        throw new TypeError('a root field returned a stream that is not a SubscriptionSource')
      memory?.[Symbol.dispose]()
      return { errors: source.errors ?? [] }
    } catch (error) {
      memory?.[Symbol.dispose]()
      throw error
    }
  }

  /** Refuses operations that cost too much, and queries of users with too many waiting operations. Mutations are not refused for that: their reads wait for a permit. */
  #admit(operation: PreparedOperation, variables: GivenVariables, { session }: Caller): void {
    requireCost(operation.cost(variables ?? {}), operation.kind)
    if (session !== undefined && operation.kind === OperationTypeNode.QUERY)
      this.#reads.requireRoom(session.actor.userId)
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
