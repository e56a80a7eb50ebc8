import type {
  FieldNode,
  GraphQLField,
  GraphQLObjectType,
  GraphQLResolveInfo,
  GraphQLResolveInfoHelpers,
  ResponsePath,
  ValidatedExecutionArgs,
} from 'graphql'

/** The field nodes with one response key; the first one has the field's name and arguments. */
export type FieldNodes = readonly [FieldNode, ...FieldNode[]]

/** A field as a document selects it. */
export interface FieldSite {
  readonly responseName: string
  readonly parentType: GraphQLObjectType
  readonly definition: GraphQLField<unknown, unknown>
  readonly nodes: FieldNodes
}

export const pathOf = ({ responseName, parentType }: FieldSite, prev: ResponsePath | undefined): ResponsePath => ({
  prev,
  key: responseName,
  typename: parentType.name,
})

const helpers: GraphQLResolveInfoHelpers = {
  promiseAll: values => Promise.all(values),
  track: () => undefined,
}

/** The `info` argument of resolvers. Each property is computed when it is read. */
export class FieldInfo implements GraphQLResolveInfo {
  readonly path: ResponsePath
  readonly #site: FieldSite
  readonly #args: ValidatedExecutionArgs

  constructor(site: FieldSite, args: ValidatedExecutionArgs, path: ResponsePath) {
    this.#site = site
    this.#args = args
    this.path = path
  }

  get fieldName() {
    return this.#site.definition.name
  }

  get fieldNodes() {
    return this.#site.nodes
  }

  get returnType() {
    return this.#site.definition.type
  }

  get parentType() {
    return this.#site.parentType
  }

  get schema() {
    return this.#args.schema
  }

  get fragments() {
    return this.#args.fragmentDefinitions
  }

  get rootValue() {
    return this.#args.rootValue
  }

  get operation() {
    return this.#args.operation
  }

  get variableValues() {
    return this.#args.variableValues
  }

  getAbortSignal() {
    return undefined
  }

  getAsyncHelpers() {
    return helpers
  }
}
