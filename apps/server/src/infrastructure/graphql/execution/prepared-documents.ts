import { type DocumentNode, type GraphQLError, type GraphQLSchema, parse, validate } from 'graphql'
import type { Log } from '../../../services/log.ts'
import type { Exposure } from './graphql-parts.ts'
import { presentThrown } from './present-error.ts'
import { maxTokens, requireFlat, requireNarrow, requireShallow } from './query-limits.ts'

const remembered = 1000
/** Longer documents are not worth their place. */
const rememberedLength = 16_384

export type Prepared =
  | { readonly document: DocumentNode; readonly errors?: undefined }
  | { readonly document?: undefined; readonly errors: readonly GraphQLError[] }

/** Documents that were parsed, validated and measured; those seen lately are remembered. */
export class PreparedDocuments {
  readonly #schema: GraphQLSchema
  readonly #log: Log
  readonly #hideSuggestions: boolean
  readonly #byText = new Map<string, Prepared>()

  constructor(schema: GraphQLSchema, log: Log, { suggestions }: Pick<Exposure, 'suggestions'>) {
    this.#schema = schema
    this.#log = log
    this.#hideSuggestions = !suggestions
  }

  prepare(query: string): Prepared {
    const known = this.#byText.get(query)
    if (known !== undefined) {
      this.#byText.delete(query)
      this.#byText.set(query, known)
      return known
    }
    const prepared = this.#prepare(query)
    const failed = prepared.errors?.some(({ extensions }) => extensions.code === 'INTERNAL') ?? false
    if (!failed && query.length <= rememberedLength) this.#remember(query, prepared)
    return prepared
  }

  #prepare(query: string): Prepared {
    try {
      requireFlat(query)
      const document = parse(query, { maxTokens })
      requireNarrow(document)
      const errors = validate(this.#schema, document, undefined, {
        maxErrors: 20,
        hideSuggestions: this.#hideSuggestions,
      })
      if (errors.length > 0) return { errors: errors.map(error => presentThrown(error, this.#log)) }
      requireShallow(document)
      return { document }
    } catch (error) {
      return { errors: [presentThrown(error, this.#log)] }
    }
  }

  #remember(query: string, prepared: Prepared): void {
    this.#byText.set(query, prepared)
    if (this.#byText.size <= remembered) return
    const [oldest] = this.#byText.keys()
    if (oldest !== undefined) this.#byText.delete(oldest)
  }
}
