import { setTimeout as after } from 'node:timers/promises'
import type { Address } from '../../support/address.ts'
import { messageMutations } from '../../support/message-mutations.ts'
import { type GraphQLAnswer, request, type Variables } from '../server/graphql-request.ts'

const mutations = {
  ...messageMutations,
  rename: `mutation ($conversationId: ID!, $name: String!) {
    updateConversation(input: { conversationId: $conversationId, name: $name }) { conversation { id } } }`,
} as const

type Answers = Readonly<Record<string, { readonly message?: { readonly id: string } } | null>>

/** Refusals that a random command may well meet. */
const expectedCodes = new Set(['MESSAGE_DELETED', 'FORBIDDEN'])

export interface Sent {
  readonly id: string
  readonly key: string
}

/** People who send, edit, delete and react at random, and repeat what was not answered. */
export class RandomCommands {
  readonly sent: Sent[] = []
  readonly #server: Address
  readonly conversationId: string
  readonly #tokens: readonly string[]
  readonly #random: () => number
  answered = 0

  constructor(server: Address, conversationId: string, tokens: readonly string[], random: () => number) {
    this.#server = server
    this.conversationId = conversationId
    this.#tokens = tokens
    this.#random = random
  }

  /** Runs the command of this number until it is answered. */
  async run(number: number): Promise<void> {
    const token = this.#tokens[number % this.#tokens.length]
    const kind = this.#kind()
    const variables = this.#variables(kind, number)
    for (;;) {
      const answer = await this.#once(token, mutations[kind], variables)
      if (answer !== undefined) return this.#take(kind, variables, answer)
      await after(20)
    }
  }

  #kind(): keyof typeof mutations {
    const dice = this.#random()
    if (this.sent.length === 0 || dice < 0.45) return 'send'
    if (dice < 0.6) return 'edit'
    if (dice < 0.68) return 'delete'
    if (dice < 0.85) return 'react'
    return dice < 0.97 ? 'unreact' : 'rename'
  }

  #variables(kind: keyof typeof mutations, number: number): Variables {
    const { conversationId } = this
    if (kind === 'send') return { conversationId, text: `message ${number}`, key: `key-${number}` }
    if (kind === 'rename') return { conversationId, name: `name ${number}` }
    const recent = this.sent.slice(-20)
    const messageId = recent[Math.floor(this.#random() * recent.length)]?.id
    const emoji = ['👍', '🎉', '👩‍🚀'][Math.floor(this.#random() * 3)]
    return kind === 'edit'
      ? { messageId, text: `edited by ${number}` }
      : { messageId, ...(kind !== 'delete' && { emoji }) }
  }

  /** Undefined where no answer came. */
  async #once(token: string | undefined, query: string, variables: Variables) {
    try {
      const answer = await request<Answers>(this.#server.url, token, query, variables)
      return answer.errors.some(error => error.extensions?.code === 'UNAVAILABLE') ? undefined : answer
    } catch (error) {
      // No one listened, the connection broke, or the answer was cut off.
      if (error instanceof TypeError || error instanceof SyntaxError) return undefined
      throw error
    }
  }

  #take(kind: string, variables: Variables, { data, errors }: GraphQLAnswer<Answers>): void {
    this.answered += 1
    const unexpected = errors.filter(error => !expectedCodes.has(error.extensions?.code ?? ''))
    if (unexpected.length > 0) throw new Error(`${kind}: ${JSON.stringify(unexpected)}`)
    const id = data?.sendMessage?.message?.id
    if (id !== undefined) this.sent.push({ id, key: String(variables.key) })
  }
}
