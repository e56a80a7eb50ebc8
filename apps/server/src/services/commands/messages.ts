import {
  type AuditAction,
  type AuditEntry,
  badInput,
  type Conversation,
  type ConversationId,
  conflict,
  fingerprint,
  isInTimeline,
  type Json,
  type Message,
  type MessageContent,
  type MessageId,
  type MessageRevision,
  markDeleted,
  markRedacted,
  messageDeleted,
  newMessage,
  requireMayDelete,
  requireMayEdit,
  requireMayPost,
  requireMayRedact,
  requireOwn,
  requireText,
  revisionOf,
  wasSentAs,
  updateContent as withContent,
} from '@cpc-messenger/messenger'
import { changed, type DecisionContext, type UseCase, unchanged } from '../commit/use-case.ts'
import { auditIn } from './audit-entry.ts'
import { namedUsers, requireMessageText, type TextInput, textContent } from './content-input.ts'
import { mentionChanges, mentionsOf } from './mention-changes.ts'
import { requireMetadata } from './metadata.ts'
import { posted } from './posting.ts'
import { returnsByMentions, returnsByMessage } from './returns.ts'
import { followersBy, requireRoot, type ThreadPlace } from './thread-replies.ts'

interface SendMessage extends ThreadPlace {
  readonly conversationId: ConversationId
  readonly content: TextInput
  readonly clientMessageId: string | null
  readonly replyToId: MessageId | null
  readonly metadata: Json
}

interface UpdateMessage {
  readonly messageId: MessageId
  readonly content: TextInput
  readonly expectedVersion: number | null
}

interface DeleteMessage {
  readonly messageId: MessageId
}

interface RedactRevision {
  readonly messageId: MessageId
  readonly version: number
}

const sentFingerprint = ({
  content,
  replyToId,
  metadata,
  threadRootId = null,
  alsoInConversation = false,
}: SendMessage): number => {
  const place = threadRootId === null ? [] : [threadRootId, alsoInConversation]
  return fingerprint(JSON.stringify([content.text, content.format, replyToId, metadata, ...place]))
}

export const sendMessage: UseCase<SendMessage, Message> = {
  name: 'sendMessage',
  charges: () => ({ sends: 1 }),
  needs({ conversationId, content, clientMessageId, replyToId, threadRootId = null }, actor) {
    if (clientMessageId !== null) requireText(clientMessageId, { field: 'clientMessageId', min: 1, max: 128 })
    return {
      conversations: [conversationId],
      memberships: [actor.userId, ...namedUsers(content)],
      messages: [replyToId, threadRootId].filter(id => id !== null),
      threads: threadRootId === null ? [] : [threadRootId],
      sent: clientMessageId === null ? [] : [{ conversationId, authorId: actor.userId, clientMessageId }],
    }
  },
  decide(input, context) {
    const { actor, state, at, ids, limits } = context
    const { conversationId, clientMessageId, replyToId } = input
    requireMessageText(input.content, limits)
    requireMetadata(input.metadata)
    const { conversation, membership } = state.requireMember(conversationId, actor)
    const first =
      clientMessageId === null ? undefined : state.findSent({ conversationId, authorId: actor.userId, clientMessageId })
    if (first !== undefined) {
      if (!wasSentAs(first, sentFingerprint(input)))
        throw conflict('Another message was sent with this clientMessageId.')
      return unchanged(end => end.getMessage(first.id))
    }
    requireMayPost(conversation, membership, at)
    if (replyToId !== null) {
      const quoted = state.requireMessage(replyToId, actor)
      if (quoted.conversationId !== conversationId)
        throw badInput('replyToId', 'A reply can quote only a message of the same conversation.')
      if (quoted.deletedAt !== null) throw messageDeleted()
    }
    const root = requireRoot(input, conversationId, context)
    const message = newMessage({
      id: ids.messageId(),
      conversationId,
      authorId: actor.userId,
      content: textContent(input.content, conversation, membership, state),
      metadata: input.metadata,
      createdAt: at,
      clientMessageId,
      sentFingerprint: clientMessageId === null ? null : sentFingerprint(input),
      replyToId,
      threadRootId: root?.id ?? null,
      alsoInConversation: input.alsoInConversation === true,
    })
    const mentionsAdded = mentionsOf(message, conversation)
    const lastActivityAt = isInTimeline(message)
      ? Math.max(conversation.lastActivityAt, at)
      : conversation.lastActivityAt
    return changed(
      {
        messages: [message],
        conversations: [{ ...conversation, lastActivityAt }],
        memberships: posted(conversation, membership, at),
        events: [{ conversationId, body: { type: 'MessageCreated', messageId: message.id } }],
        returns: returnsByMessage(conversation, actor.userId, mentionsAdded),
        mentionsAdded,
        ...followersBy(message, mentionsAdded, state),
      },
      end => end.getMessage(message.id),
    )
  },
}

export const updateMessage: UseCase<UpdateMessage, Message> = {
  name: 'updateMessage',
  needs: ({ messageId, content }, actor) => ({
    messages: [messageId],
    mentions: [messageId],
    memberships: [actor.userId, ...namedUsers(content)],
  }),
  decide({ messageId, content, expectedVersion }, { actor, state, at, limits }) {
    requireMessageText(content, limits)
    const message = state.requireMessage(messageId, actor)
    const { conversation, membership } = state.requireMember(message.conversationId, actor)
    requireOwn(message, membership)
    // Repeating an edit is safe, also after the edit window.
    if (hasSameText(message.content, content)) return unchanged(end => end.getMessage(messageId))
    requireMayEdit(message, conversation, membership, at)
    if (expectedVersion !== null && expectedVersion !== message.version)
      throw conflict(`The message is at version ${message.version}.`, message.version)
    const edited = withContent(message, textContent(content, conversation, membership, state), at)
    const mentions = mentionChanges(state.mentionsIn(messageId), edited, conversation)
    return changed(
      {
        messages: [edited],
        revisions: keptRevision(message, conversation),
        events: [{ conversationId: conversation.id, body: { type: 'MessageUpdated', messageId } }],
        returns: returnsByMentions(conversation, actor.userId, mentions.mentionsAdded),
        ...mentions,
        ...followersBy(edited, mentions.mentionsAdded ?? [], state),
      },
      end => end.getMessage(messageId),
    )
  },
}

export const deleteMessage: UseCase<DeleteMessage, Message> = {
  name: 'deleteMessage',
  needs: ({ messageId }, actor) => ({ messages: [messageId], mentions: [messageId], memberships: [actor.userId] }),
  decide({ messageId }, context) {
    const { actor, state, at } = context
    const message = state.requireMessage(messageId, actor)
    const { conversation, membership } = state.requireMember(message.conversationId, actor)
    requireMayDelete(message, membership)
    if (message.deletedAt !== null) return unchanged(end => end.getMessage(messageId))
    const deleted = markDeleted(message, actor.userId, at)
    return changed(
      {
        messages: [deleted],
        ...mentionChanges(state.mentionsIn(messageId), deleted, conversation),
        revisions: keptRevision(message, conversation),
        reactionsErased: [messageId],
        events: [{ conversationId: conversation.id, body: { type: 'MessageDeleted', messageId } }],
        audit: auditOf('MESSAGE_DELETED', message, conversation, context),
      },
      end => end.getMessage(messageId),
    )
  },
}

/** The message stays at its version; a revision of a deleted message can be redacted too. */
export const redactRevision: UseCase<RedactRevision, Message> = {
  name: 'redactRevision',
  needs({ messageId, version }, actor) {
    if (version < 1) throw noSuchRevision()
    return { messages: [messageId], revisions: [{ messageId, version }], memberships: [actor.userId] }
  },
  decide({ messageId, version }, context) {
    const { actor, state, at } = context
    const message = state.requireMessage(messageId, actor)
    const { conversation, membership } = state.requireMember(message.conversationId, actor)
    const revision = state.findRevision({ messageId, version })
    requireMayRedact(message, revision, membership)
    if (version === message.version)
      throw badInput('version', 'This is the current version: edit or delete the message to replace its content.')
    if (revision === undefined) throw noSuchRevision()
    if (revision.redactedAt !== null) return unchanged(end => end.getMessage(messageId))
    return changed(
      {
        messages: [message],
        revisions: [markRedacted(revision, at)],
        events: [{ conversationId: conversation.id, body: { type: 'MessageUpdated', messageId } }],
        audit: auditOf('REVISION_REDACTED', message, conversation, context),
      },
      end => end.getMessage(messageId),
    )
  },
}

/** What an author does to their own message is not in the audit log. System messages have no author who may do it. */
const auditOf = (
  action: AuditAction,
  { id: messageId, authorId: subjectId, content }: Message,
  conversation: Conversation,
  context: DecisionContext,
): readonly AuditEntry[] =>
  subjectId === context.actor.userId && content.kind !== 'system'
    ? []
    : auditIn(conversation, { action, messageId, subjectId }, context)

const noSuchRevision = () => badInput('version', 'The message has no earlier version with this number.')

/** Which users the text mentions may have changed with the memberships; that is not an edit. */
const hasSameText = (current: MessageContent, { text, format }: TextInput): boolean =>
  current.kind === 'text' && current.text === text && current.format === format

const keptRevision = (message: Message, conversation: Conversation): readonly MessageRevision[] =>
  conversation.settings.historyVisibility === 'NONE' ? [] : [revisionOf(message, conversation.historyGeneration)]
