import {
  badInput,
  type Conversation,
  type ConversationId,
  type ConversationKind,
  type ConversationSettings,
  conflict,
  defaultSettings,
  directPairOf,
  erased,
  forbidden,
  hasPostingRules,
  type IdempotencyKey,
  type Json,
  type Membership,
  notFound,
  type Role,
  requireLine,
  requireMayConfigure,
  requireMayDeleteConversation,
  requireMayPost,
  requireMayRename,
  requireText,
  type UserId,
  withSettings,
} from '@cpc-messenger/messenger'
import { changed, type Decision, type DecisionContext, type UseCase, unchanged } from '../commit/use-case.ts'
import type { Actor } from '../identity/actor.ts'
import { membersPerCommand } from '../limits/limit-table.ts'
import { additionsOf } from './additions.ts'
import { auditIn, settingsChanged } from './audit-entry.ts'
import { joined } from './joining.ts'
import { requireMetadata } from './metadata.ts'
import { posted } from './posting.ts'
import { namedByActor, requireRoomForGroup, requireRoomForMembers } from './require-room.ts'
import { type SystemChange, systemMessage } from './system-message.ts'

export interface CreateConversation {
  readonly kind: ConversationKind
  readonly name: string | null
  readonly topic: string | null
  readonly memberIds: readonly UserId[]
  readonly settings: Partial<ConversationSettings>
  readonly idempotencyKey: string | null
  readonly key: string | null
  readonly metadata: Json
}

/** A field that is absent stays as it is; null clears it. */
interface UpdateConversation {
  readonly conversationId: ConversationId
  readonly name?: string | null
  readonly topic?: string | null
  readonly settings?: Partial<ConversationSettings>
  readonly metadata?: Json
}

/** The maximum of settings in seconds: 366 days. */
export const maxSeconds = 366 * 24 * 60 * 60

const requireSeconds = (seconds: number | null | undefined, field: string): void => {
  if (seconds !== null && seconds !== undefined && (seconds < 1 || seconds > maxSeconds))
    throw badInput(field, `${field} must be from 1 to ${maxSeconds} seconds, or null.`)
}

const requireDescription = ({
  name,
  topic,
  settings,
}: Pick<UpdateConversation, 'name' | 'topic' | 'settings'>): void => {
  if (name !== null && name !== undefined) requireLine(name, { field: 'name', min: 1, max: 100 })
  if (topic !== null && topic !== undefined) requireLine(topic, { field: 'topic', min: 1, max: 1000 })
  requireSeconds(settings?.editWindowSeconds, 'settings.editWindowSeconds')
  requireSeconds(settings?.slowModeSeconds, 'settings.slowModeSeconds')
}

/** The other members of a new conversation, without duplicates. */
const othersOf = ({ kind, memberIds }: CreateConversation, actor: Actor): readonly UserId[] => {
  if (memberIds.length > membersPerCommand)
    throw badInput('memberIds', `memberIds may have at most ${membersPerCommand} users.`)
  const others = [...new Set(memberIds)].filter(userId => userId !== actor.userId)
  if (kind === 'DIRECT' && others.length !== 1)
    throw badInput('memberIds', 'A DIRECT conversation needs exactly one other user in memberIds.')
  return others
}

const requireConfigurable = (kind: ConversationKind, settings: UpdateConversation['settings']): void => {
  if (kind !== 'DIRECT' || settings === undefined || !hasPostingRules({ ...defaultSettings, ...settings })) return
  const field = settings.slowModeSeconds == null ? 'settings.postingRole' : 'settings.slowModeSeconds'
  throw badInput(field, 'A DIRECT conversation cannot have a slow mode or a posting role.')
}

const requireCreatable = (input: CreateConversation, actor: Actor): void => {
  requireDescription(input)
  requireMetadata(input.metadata)
  if (input.idempotencyKey !== null) requireText(input.idempotencyKey, { field: 'idempotencyKey', min: 1, max: 128 })
  if (input.kind === 'CHANNEL' && input.name === null) throw badInput('name', 'A CHANNEL needs a name.')
  if (input.kind === 'DIRECT' && (input.name !== null || input.topic !== null))
    throw badInput('name', 'A DIRECT conversation cannot have a name or a topic.')
  requireConfigurable(input.kind, input.settings)
  if (input.key === null) return
  requireText(input.key, { field: 'key', min: 1, max: 128 })
  if (!actor.service) throw forbidden('Only a service token may set a key.')
}

const existing = (input: CreateConversation, { actor, state }: DecisionContext): Conversation | undefined => {
  if (input.idempotencyKey !== null) {
    const id = state.findByIdempotencyKey({ userId: actor.userId, key: input.idempotencyKey })
    if (id !== undefined && state.getConversation(id).deletedAt === null) return state.requireConversation(id, actor)
  }
  const [other] = othersOf(input, actor)
  return input.kind === 'DIRECT' && other !== undefined ? state.findDirect(actor.userId, other) : undefined
}

const idempotencyKeyOf = (input: CreateConversation, actor: Actor): readonly IdempotencyKey[] =>
  input.idempotencyKey === null ? [] : [{ userId: actor.userId, key: input.idempotencyKey }]

const newConversation = (
  input: CreateConversation,
  others: readonly UserId[],
  { actor, at, ids }: DecisionContext,
): Conversation => ({
  id: ids.conversationId(),
  kind: input.kind,
  name: input.name,
  topic: input.topic,
  createdAt: at,
  updatedAt: at,
  lastActivityAt: at,
  key: input.key,
  metadata: input.metadata,
  settings: { ...defaultSettings, ...input.settings },
  lastSequence: 0,
  memberCount: others.length + 1,
  messageCount: 0,
  directPair: input.kind === 'DIRECT' && others[0] !== undefined ? directPairOf(actor.userId, others[0]) : null,
  deletedAt: null,
  historyGeneration: 0,
})

const create = (input: CreateConversation, context: DecisionContext): Decision<Conversation> => {
  const { actor } = context
  const others = othersOf(input, actor)
  if (input.kind !== 'DIRECT') requireRoomForGroup(context)
  requireRoomForMembers(input, others.length + 1, context)
  const conversation = newConversation(input, others, context)
  const creatorRole: Role = input.kind === 'DIRECT' ? 'MEMBER' : 'OWNER'
  const memberships: readonly Membership[] = [
    joined(actor.userId, conversation.id, creatorRole, context),
    ...others.map(userId => joined(userId, conversation.id, 'MEMBER', context)),
  ]
  const announcement =
    input.kind === 'DIRECT'
      ? undefined
      : systemMessage({ system: 'CONVERSATION_CREATED', before: null, after: input.name }, conversation.id, context)
  const conversationId = conversation.id
  return changed(
    {
      conversations: [conversation],
      memberships,
      users: namedByActor([actor.userId, ...others], context),
      messages: announcement === undefined ? [] : [announcement],
      idempotencyKeys: idempotencyKeyOf(input, actor).map(key => ({ ...key, conversationId })),
      audit: auditIn(conversation, { action: 'CONVERSATION_CREATED' }, context),
      events: [
        ...memberships.map(({ id, userId }) => ({
          conversationId,
          body: { type: 'MemberJoined' as const, membershipId: id, userId },
        })),
        ...(announcement === undefined
          ? []
          : [{ conversationId, body: { type: 'MessageCreated' as const, messageId: announcement.id } }]),
      ],
    },
    end => end.getConversation(conversationId),
  )
}

export const createConversation: UseCase<CreateConversation, Conversation> = {
  name: 'createConversation',
  charges: ({ memberIds }) => ({ creations: 1, additions: additionsOf(memberIds) }),
  needs(input, actor) {
    requireCreatable(input, actor)
    const others = othersOf(input, actor)
    return {
      users: [actor.userId, ...others],
      quotas: [actor.userId],
      memberships: [actor.userId],
      idempotencyKeys: idempotencyKeyOf(input, actor),
      directPairs: input.kind === 'DIRECT' ? others.map(other => directPairOf(actor.userId, other)) : [],
      conversationKeys: input.key === null ? [] : [input.key],
    }
  },
  decide(input, context) {
    const first = existing(input, context)
    if (first !== undefined) {
      // If a DIRECT conversation is created again with a new idempotency key, that key refers to the existing conversation too.
      const known = idempotencyKeyOf(input, context.actor).filter(
        key => context.state.findByIdempotencyKey(key) === undefined,
      )
      return changed({ idempotencyKeys: known.map(key => ({ ...key, conversationId: first.id })) }, end =>
        end.getConversation(first.id),
      )
    }
    if (input.key !== null && context.state.hasConversationKey(input.key))
      throw conflict('A conversation with this key exists already.')
    return create(input, context)
  },
}

const sameJson = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other)

const applyUpdate = (input: UpdateConversation, conversation: Conversation): Conversation => ({
  ...withSettings(conversation, input.settings ?? {}),
  name: input.name === undefined ? conversation.name : input.name,
  topic: input.topic === undefined ? conversation.topic : input.topic,
  metadata: input.metadata === undefined ? conversation.metadata : input.metadata,
})

/** The changes of an update that system messages report in the timeline. */
const reportedChanges = (before: Conversation, after: Conversation): readonly SystemChange[] => [
  ...(after.name === before.name ? [] : [{ system: 'NAME_CHANGED' as const, before: before.name, after: after.name }]),
  ...(after.topic === before.topic
    ? []
    : [{ system: 'TOPIC_CHANGED' as const, before: before.topic, after: after.topic }]),
]

export const updateConversation: UseCase<UpdateConversation, Conversation> = {
  name: 'updateConversation',
  charges: ({ name, topic }) => (name === undefined && topic === undefined ? {} : { sends: 1 }),
  needs: ({ conversationId }, actor) => ({ conversations: [conversationId], memberships: [actor.userId] }),
  decide(input, context) {
    requireDescription(input)
    if (input.metadata !== undefined) requireMetadata(input.metadata)
    const { conversationId } = input
    const { conversation, membership } = context.state.requireMember(conversationId, context.actor)
    if (input.name !== undefined || input.topic !== undefined) requireMayRename(conversation, membership)
    if (input.settings !== undefined || input.metadata !== undefined) requireMayConfigure(conversation, membership)
    requireConfigurable(conversation.kind, input.settings)
    if (conversation.kind === 'CHANNEL' && input.name === null) throw badInput('name', 'A CHANNEL needs a name.')
    const updated = applyUpdate(input, conversation)
    if (sameJson(updated, conversation)) return unchanged(end => end.getConversation(conversationId))
    const reports = reportedChanges(conversation, updated).map(change => systemMessage(change, conversationId, context))
    if (reports.length > 0) requireMayPost(conversation, membership, context.at)
    return changed(
      {
        conversations: [
          {
            ...updated,
            updatedAt: context.at,
            lastActivityAt: reports.length > 0 ? Math.max(updated.lastActivityAt, context.at) : updated.lastActivityAt,
          },
        ],
        messages: reports,
        memberships: reports.length > 0 ? posted(conversation, membership, context.at) : [],
        audit: auditIn(
          conversation,
          { action: 'CONVERSATION_UPDATED', ...settingsChanged(conversation.settings, updated.settings) },
          context,
        ),
        events: [
          { conversationId, body: { type: 'ConversationUpdated' } },
          ...reports.map(({ id }) => ({ conversationId, body: { type: 'MessageCreated' as const, messageId: id } })),
        ],
      },
      end => end.getConversation(conversationId),
    )
  },
}

/** After the deletion only the id, the ended memberships and the ConversationDeleted event are kept. */
export const deleteConversation: UseCase<{ readonly conversationId: ConversationId }, ConversationId> = {
  name: 'deleteConversation',
  needs: ({ conversationId }, actor) => ({ conversations: [conversationId], memberships: [actor.userId] }),
  decide({ conversationId }, context) {
    const { conversation, membership } = context.state.requireMember(conversationId, context.actor)
    if (conversation.deletedAt !== null) throw notFound('conversation')
    requireMayDeleteConversation(conversation, membership)
    return changed(
      {
        conversations: [erased(conversation, context.at)],
        events: [{ conversationId, body: { type: 'ConversationDeleted' } }],
        audit: auditIn(conversation, { action: 'CONVERSATION_DELETED' }, context),
      },
      () => conversationId,
    )
  },
}
