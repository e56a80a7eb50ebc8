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

  /** Conversations to whose logs the command has added events. */
  get conversations(): ReadonlySet<ConversationId> {
    return this.#conversations
  }

  /** Call it when the command was decided. */
  decided({ events = [] }: Draft): void {
    for (const { conversationId } of events) this.#conversations.add(conversationId)
    const [first] = this.#conversations
    if (first !== undefined) this.#span.set({ 'messenger.conversation.id': first })
  }

  /** Call it when the batch of the command begins. Until then the command was waiting. */
  taken(commit: string): void {
    this.#span.mark('batch begins')
    this.#span.link(commit)
  }

  /** Call it when the command is deferred, because another node holds a lock. */
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
