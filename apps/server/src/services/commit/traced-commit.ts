import { type Announcement, type ConversationId, Refusal } from '@cpc-messenger/messenger'
import type { Span, Tracer } from '../telemetry/tracer.ts'
import type { Command } from './command.ts'
import type { TracedCommand } from './traced-command.ts'

/**
 * The span of a batch. It belongs to the trace of the batch's first traced command and has links to the other commands, so
 * that every trace leads to the commit, and the commit to all commands that shared it.
 */
export class TracedCommit {
  readonly #span: Span
  readonly #commands: readonly TracedCommand[]

  private constructor(span: Span, commands: readonly TracedCommand[]) {
    this.#span = span
    this.#commands = commands
  }

  /** Undefined if no command of the batch is traced. */
  static begin(tracer: Tracer | undefined, batch: readonly Command[]): TracedCommit | undefined {
    if (tracer === undefined) return undefined
    const commands = batch.flatMap(({ traced }) => traced ?? [])
    const [first, ...others] = commands
    if (first === undefined) return undefined
    const span = tracer.begin('commit', {
      parent: first.traceparent,
      links: others.map(({ traceparent }) => traceparent),
      attributes: { 'messenger.batch.commands': batch.length },
    })
    if (span === undefined) return undefined
    for (const command of commands) command.taken(span.traceparent)
    return new TracedCommit(span, commands)
  }

  /** The announcements, each with the trace of the first traced command that its events are of. */
  carriedBy(announcements: readonly Announcement[]): readonly Announcement[] {
    const traces = new Map<ConversationId, string>()
    for (const { conversations, traceparent } of this.#commands)
      for (const id of conversations) if (!traces.has(id)) traces.set(id, traceparent)
    return announcements.map(announcement => {
      const trace = traces.get(announcement.conversationId)
      return trace === undefined ? announcement : { ...announcement, trace }
    })
  }

  durable(): void {
    this.#span.end('OK')
  }

  failed(error: unknown): void {
    this.#span.end(error instanceof Refusal ? error.code : 'INTERNAL')
  }
}
