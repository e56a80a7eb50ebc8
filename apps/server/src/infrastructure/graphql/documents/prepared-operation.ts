import { badInput } from '@cpc-messenger/messenger'
import type {
  DocumentNode,
  ExecutionArgs,
  GraphQLError,
  GraphQLSchema,
  OperationDefinitionNode,
  OperationTypeNode,
  ValidatedExecutionArgs,
  ValidatedSubscriptionArgs,
} from 'graphql'
import type { Cost } from '../cost/cost.ts'
import type { Variables } from '../cost/given-arguments.ts'
import { OperationCost } from '../cost/operation-cost.ts'
import type { SchemaCosts } from '../cost/schema-costs.ts'
import type { ExecutableOperation, OperationExecutor } from '../execution/interface/operation-executor.ts'
import { type SharedSelection, sharedSelection } from '../subscriptions/shared-selection.ts'
import { conditionVariables } from './condition-variables.ts'
import { ExecutionArguments } from './execution-arguments.ts'
import type { InputCoercion } from './input-coercion.ts'

/** What all operations of one schema share. */
export interface OperationPreparation {
  readonly schema: GraphQLSchema
  readonly costs: SchemaCosts
  readonly coercion: InputCoercion
  readonly executor: OperationExecutor
  /** Errors do not say "Did you mean …". */
  readonly hideSuggestions: boolean
}

/**
 * One operation of a valid document, with everything that its executions share: cost, arguments, compiled form, and the
 * shared selection of its subscriptions. Each part is computed when it is first needed, and is kept as long as the document
 * is cached.
 */
export class PreparedOperation {
  readonly document: DocumentNode
  readonly node: OperationDefinitionNode
  readonly #preparation: OperationPreparation
  readonly #arguments: ExecutionArguments
  #cost: OperationCost | undefined
  #conditions: readonly string[] | undefined
  #executable: ExecutableOperation | undefined
  #sharing: { readonly selection: SharedSelection | undefined } | undefined

  constructor(preparation: OperationPreparation, document: DocumentNode, node: OperationDefinitionNode) {
    this.document = document
    this.node = node
    this.#preparation = preparation
    this.#arguments = new ExecutionArguments(node, preparation.coercion)
  }

  get kind(): OperationTypeNode {
    return this.node.operation
  }

  cost(variables: Variables): Cost {
    const { costs } = this.#preparation
    this.#cost ??= new OperationCost(costs, this.document, this.node)
    return this.#cost.of(variables)
  }

  get executable(): ExecutableOperation {
    this.#executable ??= this.#preparation.executor.prepare(this.document, this.node)
    return this.#executable
  }

  /** What subscriptions with this operation share; undefined if each item is executed for each subscription. */
  get sharedSelection(): SharedSelection | undefined {
    this.#sharing ??= { selection: sharedSelection(this.#preparation.schema, this.document, this.node) }
    return this.#sharing.selection
  }

  /** The arguments for one execution, or why the variables are invalid. Throws if a condition is null. */
  arguments(
    variables: Variables | null | undefined,
    contextValue: unknown,
  ): ValidatedExecutionArgs | readonly GraphQLError[] {
    const validated = this.#arguments.validate(this.#executionArgs(variables, contextValue))
    if ('schema' in validated) this.#requireConditions(validated)
    return validated
  }

  /** Like `arguments`, to open a subscription. */
  subscriptionArguments(
    variables: Variables | null | undefined,
    contextValue: unknown,
  ): ValidatedSubscriptionArgs | readonly GraphQLError[] {
    const validated = this.#arguments.validateSubscription(this.#executionArgs(variables, contextValue))
    if ('schema' in validated) this.#requireConditions(validated)
    return validated
  }

  #executionArgs(variables: Variables | null | undefined, contextValue: unknown): ExecutionArgs {
    const { schema, hideSuggestions } = this.#preparation
    const operationName = this.node.name?.value
    return { schema, document: this.document, operationName, variableValues: variables, contextValue, hideSuggestions }
  }

  /** `@skip` and `@include` have no meaning for null; graphql-js would fail the whole execution. */
  #requireConditions({ variableValues: { coerced } }: ValidatedExecutionArgs): void {
    this.#conditions ??= conditionVariables(this.document, this.node)
    const name = this.#conditions.find(condition => typeof coerced[condition] !== 'boolean')
    if (name !== undefined) throw badInput(name, `$${name} is used in @skip or @include: it must not be null.`)
  }
}
