import { type Client, createClient } from 'graphql-ws'
import WebSocket from 'ws'
import { Deployment } from '../../support/deployment.ts'
import { ask, request, type Variables } from './graphql-request.ts'
import { PlainClient } from './plain-client.ts'
import { tokenFor } from './running-server.ts'

export interface SentMessage {
  readonly id: string
  readonly sequence: number
}

const sendDocument = `mutation ($conversationId: ID!, $text: String!) {
  sendMessage(input: { conversationId: $conversationId, content: { text: { text: $text } } }) { message { id sequence } } }`

/** A running server, a room of alice's with bob in it, and eve outside. */
export class Team implements AsyncDisposable {
  readonly server: Deployment
  readonly tokens: Readonly<Record<'alice' | 'bob' | 'eve', string>>
  readonly room: string

  private constructor(server: Deployment, tokens: Team['tokens'], room: string) {
    this.server = server
    this.tokens = tokens
    this.room = room
  }

  static async start(environment: Readonly<Record<string, string>> = {}): Promise<Team> {
    const server = await Deployment.start(environment)
    const tokens = { alice: await tokenFor('alice'), bob: await tokenFor('bob'), eve: await tokenFor('eve') }
    const { createConversation } = await ask<{ createConversation: { conversation: { id: string } } }>(
      server.url,
      tokens.alice,
      'mutation { createConversation(input: { kind: GROUP, name: "room", memberIds: ["bob"] }) { conversation { id } } }',
    )
    return new Team(server, tokens, createConversation.conversation.id)
  }

  ask<Data>(who: keyof Team['tokens'], query: string, variables: Variables = {}): Promise<Data> {
    return ask<Data>(this.server.url, this.tokens[who], query, variables)
  }

  request<Data>(who: keyof Team['tokens'], query: string, variables: Variables = {}) {
    return request<Data>(this.server.url, this.tokens[who], query, variables)
  }

  async send(who: keyof Team['tokens'], text: string): Promise<SentMessage> {
    const { sendMessage } = await this.ask<{ sendMessage: { message: SentMessage } }>(who, sendDocument, {
      conversationId: this.room,
      text,
    })
    return sendMessage.message
  }

  plain(who: keyof Team['tokens']): Promise<PlainClient> {
    return PlainClient.connect(this.server, this.tokens[who])
  }

  /** The public client of `graphql-transport-ws`, as it comes. */
  graphqlClient(who: keyof Team['tokens']): Client {
    return createClient({
      url: `${this.server.webSocketUrl}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${this.tokens[who]}` },
    })
  }

  /** What a subscription gives until `enough` says that it was enough. */
  async collect<Data>(
    who: keyof Team['tokens'],
    query: string,
    variables: Variables,
    enough: (items: readonly Data[]) => boolean,
    meanwhile: () => Promise<unknown>,
  ): Promise<readonly Data[]> {
    const client = this.graphqlClient(who)
    const items: Data[] = []
    const timer = setTimeout(() => void client.dispose(), 10_000)
    try {
      const subscription = client.iterate<Data>({ query, variables })
      const first = subscription.next()
      const acting = first.then(meanwhile)
      let result = await first
      while (result.done !== true) {
        if (result.value.errors !== undefined) throw new Error(JSON.stringify(result.value.errors))
        if (result.value.data !== null && result.value.data !== undefined) items.push(result.value.data)
        if (enough(items)) break
        result = await subscription.next()
      }
      await acting
      if (!enough(items)) throw new Error(`not enough came: ${JSON.stringify(items)}`)
      return items
    } finally {
      clearTimeout(timer)
      await client.dispose()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]()
  }
}
