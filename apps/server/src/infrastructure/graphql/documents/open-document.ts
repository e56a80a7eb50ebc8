import { forbidden } from '@cpc-messenger/messenger'
import { GraphQLError, Lexer, Source, type Token, TokenKind } from 'graphql'
import type { Exposure } from '../operations/graphql-dependencies.ts'
import { requireIntrospectionLimit } from './document-limits.ts'

/** The maximum length of a document without a token. The introspection queries of tools are half as long. */
const maxOpenDocumentLength = 4096
/** The maximum number of tokens in such a document. Every document is limited to `maxTokens` of `document-limits.ts`. */
const maxOpenDocumentTokens = 700

const needsNoToken: ReadonlySet<string> = new Set(['server', '__typename', '__schema', '__type'])
const introspecting: ReadonlySet<string> = new Set(['__schema', '__type'])

/** The tokens, or why there are none. */
const tokensOf = (query: string): readonly Token[] | 'too many' | 'malformed' => {
  const lexer = new Lexer(new Source(query))
  const tokens: Token[] = []
  try {
    for (let token = lexer.advance(); token.kind !== TokenKind.EOF; token = lexer.advance()) {
      if (tokens.length === maxOpenDocumentTokens) return 'too many'
      tokens.push(token)
    }
    return tokens
  } catch (error) {
    if (error instanceof GraphQLError) return 'malformed'
    throw error
  }
}

/** Finds the root fields of every operation without parsing. If the text is not valid GraphQL, the result has no meaning. */
class RootFields {
  readonly names: string[] = []
  /** All operations are queries, and all of their root fields are in `names`. */
  complete = true
  readonly #tokens: readonly Token[]
  #depth = 0
  #parentheses = 0
  #inOperation = false
  #begins = true

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
    for (let index = 0; index < tokens.length; index += 1) index = this.#take(index)
  }

  /** Returns the index of the last token that was processed. */
  #take(index: number): number {
    const token = this.#tokens[index]
    if (token === undefined) return index
    if (token.kind === TokenKind.PAREN_L) this.#parentheses += 1
    else if (token.kind === TokenKind.PAREN_R) this.#parentheses -= 1
    else if (this.#parentheses > 0) return index
    else if (token.kind === TokenKind.BRACE_L) this.#enter()
    else if (token.kind === TokenKind.BRACE_R) this.#leave()
    else if (this.#depth === 0) this.#begin(token)
    else if (this.#depth === 1 && this.#inOperation) return this.#rootToken(token, index)
    return index
  }

  #enter(): void {
    if (this.#depth === 0 && this.#begins) this.#inOperation = true
    this.#begins = false
    this.#depth += 1
  }

  #leave(): void {
    this.#depth -= 1
    if (this.#depth === 0) this.#begins = true
  }

  /** A token outside of selections and arguments: the first one of a definition determines its kind. */
  #begin({ value }: Token): void {
    if (!this.#begins) return
    this.#begins = false
    this.#inOperation = value === 'query'
    if (value !== 'query' && value !== 'fragment') this.complete = false
  }

  #rootToken({ kind, value }: Token, index: number): number {
    if (kind === TokenKind.SPREAD) this.complete = false
    if (kind === TokenKind.AT) return index + 1
    if (kind !== TokenKind.NAME) return index
    const isAlias = this.#tokens[index + 1]?.kind === TokenKind.COLON
    this.names.push((isAlias ? this.#tokens[index + 2]?.value : value) ?? '')
    return isAlias ? index + 2 : index
  }
}

const count = (names: readonly string[], wanted: string): number => names.filter(name => name === wanted).length

export const introspectionIsOff = () =>
  forbidden('Introspection is off on this server. The schema is at /schema.graphql.')

/**
 * Whether a document without a token may be parsed: it must be small and select only fields that need no token. A small
 * malformed document may be parsed too, so that the client gets the syntax error. Throws if introspection exceeds its limits.
 */
export const isOpenDocument = (query: string, { introspection }: Pick<Exposure, 'introspection'>): boolean => {
  if (query.length > maxOpenDocumentLength) return false
  const tokens = tokensOf(query)
  if (tokens === 'too many') return false
  if (tokens === 'malformed') return true
  const { names, complete } = new RootFields(tokens)
  if (!complete || !names.every(name => needsNoToken.has(name))) return false
  if (!names.some(name => introspecting.has(name))) return true
  if (introspection === 'nobody') throw introspectionIsOff()
  requireIntrospectionLimit({ schemas: count(names, '__schema'), types: count(names, '__type'), bytes: 0 }, 0)
  return introspection === 'everyone'
}
