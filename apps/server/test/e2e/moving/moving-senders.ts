import { setTimeout as after } from 'node:timers/promises'
import { request } from '../server/graphql-request.ts'
import type { RunningServer } from '../server/running-server.ts'

const document = `mutation ($conversationId: ID!, $text: String!, $key: String!) {
  sendMessage(input: { conversationId: $conversationId, content: { text: { text: $text } }, clientMessageId: $key }) {
    message { id } } }`

/** Send on without end, each message until it is answered with success, to the current server. */
export class MovingSenders implements AsyncDisposable {
  /** The ids of answered messages by their keys. */
  readonly answered = new Map<string, string>()
  /** When the first was refused, and when the first was answered after the last refusal; by `performance.now()`. */
  refusedFrom: number | undefined
  answeredAgain: number | undefined
  server: RunningServer
  readonly #token: string
  readonly #rooms: readonly string[]
  readonly #senders: readonly Promise<void>[]
  #stopped = false

  constructor(server: RunningServer, token: string, rooms: readonly string[], senders: number) {
    this.server = server
    this.#token = token
    this.#rooms = rooms
    this.#senders = Array.from({ length: senders }, (_, sender) => this.#run(sender))
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await Promise.all(this.#senders)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async #run(sender: number): Promise<void> {
    for (let number = 0; !this.#stopped; number += 1) {
      const conversationId = this.#rooms[(sender + number) % this.#rooms.length]
      const key = `live-${sender}-${number}`
      while (!this.#stopped && !(await this.#send({ conversationId, text: `live ${key}`, key }))) await after(20)
      await after(2)
    }
  }

  async #send(variables: { readonly key: string; readonly [name: string]: unknown }): Promise<boolean> {
    const answer = await request<{ sendMessage: { message: { id: string } } | null }>(
      this.server.url,
      this.#token,
      document,
      variables,
    )
    const id = answer.data?.sendMessage?.message.id
    if (id !== undefined) {
      this.answered.set(variables.key, id)
      if (this.refusedFrom !== undefined) this.answeredAgain ??= performance.now()
      return true
    }
    if (answer.errors[0]?.extensions?.code !== 'UNAVAILABLE') throw new Error(JSON.stringify(answer))
    this.refusedFrom ??= performance.now()
    this.answeredAgain = undefined
    return false
  }
}
