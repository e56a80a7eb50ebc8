import type { UserId } from './ids.ts'
import { assertNever } from './values/assert-never.ts'

/** The text that replaces that of a deleted message. */
export const deletedMarker = '[Deleted]'

export type TextFormat = 'PLAIN' | 'MARKDOWN'

export interface TextContent {
  readonly kind: 'text'
  readonly text: string
  readonly format: TextFormat
  /** The members named in the text as `<@id>`, in order of first mention. */
  readonly mentionIds: readonly UserId[]
  readonly mentionsEveryone: boolean
}

export type SystemContentKind = 'CONVERSATION_CREATED' | 'NAME_CHANGED' | 'TOPIC_CHANGED'

/** Written by the server. */
export interface SystemContent {
  readonly kind: 'system'
  readonly system: SystemContentKind
  readonly text: string
  readonly subjectIds: readonly UserId[]
  readonly before: string | null
  readonly after: string | null
}

export interface DeletedContent {
  readonly kind: 'deleted'
}

/** The content of a message, discriminated by `kind`. */
export type MessageContent = TextContent | SystemContent | DeletedContent

export const deletedContent: DeletedContent = { kind: 'deleted' }

/** The plain text, for clients that cannot show the content otherwise. */
export const textOf = (content: MessageContent): string => (content.kind === 'deleted' ? deletedMarker : content.text)

export const sameContent = (one: MessageContent, other: MessageContent): boolean =>
  serialiseContent(one) === serialiseContent(other)

/**
 * Content as one JSON text with its keys in a fixed order: the same content has the same text. This is the stored form;
 * `parseContent` reads it back.
 */
export const serialiseContent = (content: MessageContent): string => {
  switch (content.kind) {
    case 'text':
      return JSON.stringify({
        kind: content.kind,
        text: content.text,
        format: content.format,
        mentionIds: content.mentionIds,
        mentionsEveryone: content.mentionsEveryone,
      })
    case 'system':
      return JSON.stringify({
        kind: content.kind,
        system: content.system,
        text: content.text,
        subjectIds: content.subjectIds,
        before: content.before,
        after: content.after,
      })
    case 'deleted':
      return JSON.stringify({ kind: content.kind, text: deletedMarker })
    default:
      return assertNever(content)
  }
}

/** Reads what `serialiseContent` wrote. A text that it did not write throws a `TypeError`. */
export const parseContent = (serialised: string): MessageContent => {
  const content = JSON.parse(serialised) as MessageContent
  switch (content.kind) {
    case 'text':
    case 'system':
      return content
    case 'deleted':
      return deletedContent
    default:
      throw new TypeError(`not a message content: ${serialised.slice(0, 40)}`)
  }
}
