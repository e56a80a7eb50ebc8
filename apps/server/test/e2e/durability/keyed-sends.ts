import { ask, type GraphQLAnswer, request, type Variables } from '../server/graphql-request.ts'
import { type RunningServer, tokenFor } from '../server/running-server.ts'

const sendDocument = `mutation ($conversationId: ID!, $text: String!, $key: String!) {
  sendMessage(input: { conversationId: $conversationId, content: { text: { text: $text } }, clientMessageId: $key }) {
    message { id content { text } } } }`
const messageDocument = 'query ($id: ID!) { message(id: $id) { clientMessageId content { text } } }'
const logDocument = `query ($conversationId: ID!, $after: Int!) {
  events(conversationId: $conversationId, after: $after, first: 200) { hasMore events {
    sequence ... on MessageCreated { message { id clientMessageId content { text } } } } } }`

interface Message {
  readonly id: string
  /** Null where it was not a send. */
  readonly clientMessageId: string | null
  readonly content: { readonly text: string }
}

interface SendAnswer {
  readonly sendMessage: { readonly message: { readonly id: string } } | null
}

interface LoggedEvent {
  readonly sequence: number
  readonly message?: Message
}

/** Undefined: no answer came. */
export type Outcome = { readonly id: string } | { readonly code: string } | undefined

interface Where {
  readonly server: RunningServer
  readonly token: string
  readonly conversationId: string
  /** Characters in each text. */
  readonly length: number
}

/** Sends that each have a key, and what must be true of them after any failure of the server. */
export class KeyedSends {
  readonly answered: Map<string, string>
  /** Sent and not answered with success. */
  readonly open = new Set<string>()
  readonly #where: Where

  private constructor(where: Where, answered: ReadonlyMap<string, string>) {
    this.#where = where
    this.answered = new Map(answered)
  }

  static async inNewRoom(server: RunningServer, length: number): Promise<KeyedSends> {
    const token = await tokenFor('alice')
    const { createConversation } = await ask<{ createConversation: { conversation: { id: string } } }>(
      server.url,
      token,
      'mutation { createConversation(input: { kind: GROUP, name: "room" }) { conversation { id } } }',
    )
    const conversationId = createConversation.conversation.id
    return new KeyedSends({ server, token, conversationId, length }, new Map())
  }

  copy(): KeyedSends {
    return new KeyedSends(this.#where, this.answered)
  }

  async send(key: string): Promise<Outcome> {
    const outcome = await this.#attempt(key)
    if (outcome !== undefined && 'id' in outcome) {
      this.answered.set(key, outcome.id)
      this.open.delete(key)
    } else if (!this.answered.has(key)) this.open.add(key)
    return outcome
  }

  /**
   * Throws unless every answered send is stored once, no other send is stored twice, and repeats return the first
   * message. Returns how many sends were stored without an answer.
   */
  async verify(): Promise<number> {
    const firsts = this.#idsByKey(await this.#readLog())
    for (const [key, id] of this.answered) this.#require(firsts.get(key) === id, `${key} was answered as ${id}`)
    const unanswered = [...this.open].filter(key => firsts.has(key)).length
    const repeated = [...this.open, ...[...this.answered.keys()].slice(-10)]
    for (const key of repeated) {
      const known = this.answered.get(key) ?? firsts.get(key)
      const outcome = await this.send(key)
      const id = outcome !== undefined && 'id' in outcome ? outcome.id : undefined
      this.#require(id !== undefined && (known ?? id) === id, `${key} is ${known}, repeated ${JSON.stringify(outcome)}`)
      await this.#requireById(key, id ?? '')
    }
    const ids = this.#idsByKey(await this.#readLog())
    this.#require(ids.size === this.answered.size, `${ids.size} messages for ${this.answered.size} answers`)
    for (const [key, id] of this.answered) this.#require(ids.get(key) === id, `${key} was ${id} and is ${ids.get(key)}`)
    return unanswered
  }

  textOf(key: string): string {
    return `${key} `.padEnd(this.#where.length, key)
  }

  /** Also shows that the log has no hole, and no key two messages. */
  #idsByKey(log: readonly LoggedEvent[]): ReadonlyMap<string, string> {
    const ids = new Map<string, string>()
    for (const [index, { sequence, message }] of log.entries()) {
      this.#require(sequence === index + 1, `event ${index + 1} has the sequence ${sequence}`)
      const { clientMessageId: key = null, content, id = '' } = message ?? {}
      if (key === null) continue
      this.#require(!ids.has(key), `${key} is there twice`)
      this.#require(content?.text === this.textOf(key), `${key} has another text`)
      ids.set(key, id)
    }
    return ids
  }

  async #requireById(key: string, id: string): Promise<void> {
    const { message } = await this.#ask<{ message: Omit<Message, 'id'> | null }>(messageDocument, { id })
    this.#require(message?.clientMessageId === key && message.content.text === this.textOf(key), `${id} is not ${key}`)
  }

  async #readLog(): Promise<readonly LoggedEvent[]> {
    const log: LoggedEvent[] = []
    for (;;) {
      const { events: page } = await this.#ask<{ events: { hasMore: boolean; events: LoggedEvent[] } }>(logDocument, {
        conversationId: this.#where.conversationId,
        after: log.length,
      })
      log.push(...page.events)
      if (!page.hasMore) return log
    }
  }

  async #attempt(key: string): Promise<Outcome> {
    const { conversationId } = this.#where
    const answer = await this.#answer({ conversationId, text: this.textOf(key), key })
    if (answer === undefined) return undefined
    const id = answer.data?.sendMessage?.message.id
    const code = answer.errors[0]?.extensions?.code
    if (id !== undefined) return { id }
    if (code !== undefined) return { code }
    throw new Error(`${key}: ${JSON.stringify(answer)}`)
  }

  /** Undefined where the connection broke, or the answer was cut off. */
  async #answer(variables: Variables): Promise<GraphQLAnswer<SendAnswer> | undefined> {
    const { server, token } = this.#where
    try {
      return await request<SendAnswer>(server.url, token, sendDocument, variables)
    } catch (error) {
      if (error instanceof TypeError || error instanceof SyntaxError) return undefined
      throw error
    }
  }

  #ask<Data>(query: string, variables: Variables): Promise<Data> {
    return ask<Data>(this.#where.server.url, this.#where.token, query, variables)
  }

  #require(holds: boolean, otherwise: string): void {
    if (!holds) throw new Error(otherwise)
  }
}
