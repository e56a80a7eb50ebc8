import { type ConversationId, Refusal } from '@cpc-messenger/messenger'
import type { Span, Tracer } from '../telemetry/tracer.ts'
import type { Draft } from './draft.ts'

/** The span of a command, from its arrival until it is answered. */
export class TracedCommand {
  readonly #span: Span
  readonly #conversations = new Set<ConversationId>()

  private constructor(span: Span) {
    this.#span = span
  }

  /** Undefined if the request is not traced. */
  static begin(tracer: Tracer | undefined, name: string, request: string | undefined): TracedCommand | undefined {
    const span = request === undefined ? undefined : tracer?.begin(`command ${name}`, { parent: request })
    return span && new TracedCommand(span)
  }

  get traceparent(): string {
    return this.#span.traceparent
  }

  /** Conversations to whose logs it has added events. */
  get conversations(): ReadonlySet<ConversationId> {
    return this.#conversations
  }

  /** It has decided. */
  decided({ events = [] }: Draft): void {
    for (const { conversationId } of events) this.#conversations.add(conversationId)
    const [first] = this.#conversations
    if (first !== undefined) this.#span.set({ 'messenger.conversation.id': first })
  }

  /** Its batch has begun; it was waiting before. */
  taken(commit: string): void {
    this.#span.mark('batch begins')
    this.#span.link(commit)
  }

  /** Another node holds its lock: it waits for another batch. */
  deferred(): void {
    this.#span.mark('deferred')
  }

  answered(): void {
    this.#span.end('OK')
  }

  failed(error: unknown): void {
    this.#span.end(error instanceof Refusal ? error.code : 'INTERNAL')
  }
}
