import {
  assertNever,
  type Conversation,
  type ConversationKind,
  defaultSettings,
  directPairOf,
  type LeaveReason,
  type LoadedRows,
  type Membership,
  type Message,
  type MessageContent,
  type MessageRevision,
  newUser,
  Refusal,
  type Role,
  roles,
  type UserId,
} from '@cpc-messenger/messenger'
import { describe, expect, it } from 'vitest'
import { TypeIdGenerator } from '../../../../src/infrastructure/ids/type-id-generator.ts'
import { deleteConversation, updateConversation } from '../../../../src/services/commands/conversations.ts'
import {
  addMembers,
  joinConversation,
  leaveConversation,
  removeMember,
} from '../../../../src/services/commands/members.ts'
import {
  deleteMessage,
  redactRevision,
  sendMessage,
  updateMessage,
} from '../../../../src/services/commands/messages.ts'
import { addReaction, removeReaction } from '../../../../src/services/commands/reactions.ts'
import { BatchState } from '../../../../src/services/commit/batch-state.ts'
import type { DecisionContext } from '../../../../src/services/commit/use-case.ts'
import { actorOf } from '../../../../src/services/identity/actor.ts'
import { conversationId, membershipId, messageId, userId } from '../../../storage/named-ids.ts'

/** What the conversation, or the one who acts, is like. */
const states = ['usual', 'silenced', 'just posted', 'posting role', 'left', 'removed', 'never in', 'abandoned'] as const
type State = (typeof states)[number]

const kinds = ['DIRECT', 'GROUP', 'CHANNEL'] as const satisfies readonly ConversationKind[]

const at = 1_800_000_000_000
const hour = 3_600_000
const id = conversationId(1)
const actor = userId('actor')
const [own, others, announced] = [messageId(1), messageId(2), messageId(3)]
const emoji = '👍'
/** One other member of each role, and two who were members. */
const other: Readonly<Record<Role, UserId>> = {
  MEMBER: userId('member'),
  MODERATOR: userId('moderator'),
  ADMIN: userId('admin'),
  OWNER: userId('owner'),
}
const [hasLeft, wasRemoved, outsider] = [userId('has-left'), userId('was-removed'), userId('outsider')]

const isIn = (state: State): boolean => !['left', 'removed', 'never in', 'abandoned'].includes(state)

const membership = (user: UserId, role: Role, number: number, ended: LeaveReason | null = null): Membership => ({
  id: membershipId(number),
  conversationId: id,
  userId: user,
  role,
  joinedAt: at - hour,
  firstJoinedSequence: number,
  joinedSequence: number,
  leftSequence: ended === null ? null : 50 + number,
  silencedUntil: null,
  lastPostedAt: null,
  leaveReason: ended,
})

const membershipsOf = (kind: ConversationKind, role: Role, state: State): readonly Membership[] => {
  const self: Membership = {
    ...membership(
      actor,
      role,
      1,
      state === 'left' || state === 'abandoned' ? 'LEFT' : state === 'removed' ? 'REMOVED' : null,
    ),
    silencedUntil: state === 'silenced' ? at + hour : null,
    lastPostedAt: state === 'just posted' ? at - 1000 : null,
  }
  const mine = state === 'never in' ? [] : [self]
  if (kind === 'DIRECT') return [...mine, membership(other.MEMBER, 'MEMBER', 2)]
  const ended = [membership(hasLeft, 'MEMBER', 10, 'LEFT'), membership(wasRemoved, 'MEMBER', 11, 'REMOVED')]
  if (state === 'abandoned') return [...mine, ...ended]
  return [...mine, ...ended, ...roles.map((each, index) => membership(other[each], each, 20 + index))]
}

const conversationOf = (kind: ConversationKind, state: State, members: readonly Membership[]): Conversation => ({
  id,
  kind,
  name: kind === 'DIRECT' ? null : 'a room',
  topic: null,
  createdAt: at - hour,
  updatedAt: at - hour,
  lastActivityAt: at - hour,
  key: null,
  metadata: null,
  settings:
    kind === 'DIRECT'
      ? defaultSettings
      : {
          ...defaultSettings,
          slowModeSeconds: state === 'just posted' ? 60 : null,
          postingRole: state === 'posting role' ? 'ADMIN' : 'MEMBER',
        },
  lastSequence: 100,
  messageCount: 2,
  memberCount: members.filter(({ leftSequence }) => leftSequence === null).length,
  directPair: kind === 'DIRECT' ? directPairOf(actor, other.MEMBER) : null,
  deletedAt: null,
  historyGeneration: 0,
})

const text = (words: string): MessageContent => ({
  kind: 'text',
  text: words,
  format: 'PLAIN',
  mentionIds: [],
  mentionsEveryone: false,
})
const system: MessageContent = {
  kind: 'system',
  system: 'TOPIC_CHANGED',
  text: 'The topic was changed to "spam".',
  subjectIds: [actor],
  before: null,
  after: 'spam',
}

const message = (messageId: Message['id'], authorId: UserId, sequence: number, content: MessageContent): Message => ({
  id: messageId,
  conversationId: id,
  sequence,
  changedSequence: sequence,
  authorId,
  content,
  metadata: null,
  createdAt: at - hour,
  updatedAt: at - hour,
  deletedAt: null,
  deletedById: null,
  version: 2,
  clientMessageId: null,
  sentFingerprint: null,
  replyToId: null,
  threadRootId: null,
  alsoInConversation: false,
  ordinal: 0,
})

const firstVersion = ({ id: messageId, authorId, content }: Message): MessageRevision => ({
  messageId,
  version: 1,
  content,
  editorId: authorId,
  createdAt: at - hour,
  redactedAt: null,
  historyGeneration: 0,
})

const rowsOf = (kind: ConversationKind, role: Role, state: State): LoadedRows => {
  const memberships = membershipsOf(kind, role, state)
  const messages = [
    message(own, actor, 30, text('mine')),
    message(others, other.MEMBER, 31, text('yours')),
    message(announced, actor, 32, system),
  ]
  return {
    conversations: [conversationOf(kind, state, memberships)],
    memberships,
    messages,
    revisions: messages.map(firstVersion),
    users: [actor, hasLeft, wasRemoved, outsider, ...Object.values(other)].map(user => newUser(user, at - hour)),
    reactions: [{ conversationId: id, messageId: others, emoji, userId: actor, createdAt: at - hour, sequence: 40 }],
    emojiCounts: [{ messageId: others, emoji, count: 1 }],
    idempotencyKeys: [],
    quotas: [],
    presences: [],
    threads: [],
    threadStates: [],
    mentions: [],
    viewerStates: [],
  }
}

type Decide = (context: DecisionContext) => unknown
/** The lowest role that may, in this kind of conversation, where no other rule forbids it. */
type Least = Role | 'nobody'
interface Command {
  readonly decide: Decide
  readonly DIRECT: Least
  readonly GROUP: Least
  readonly CHANNEL: Least
  /** The other rules that forbid it to a member. */
  readonly obeys: readonly ('silenced' | 'just posted' | 'posting role')[]
  /** Roles that may not, though they are high enough. */
  readonly except?: readonly Role[]
}

const content = { text: 'hello', format: 'PLAIN' as const }
const change =
  (input: object): Decide =>
  context =>
    updateConversation.decide({ conversationId: id, ...input }, context)
const add =
  (userIds: readonly UserId[]): Decide =>
  context =>
    addMembers.decide({ conversationId: id, userIds }, context)
/** In a DIRECT the other side, the user it is meant for. */
const remove =
  (user: UserId): Decide =>
  context => {
    const { kind } = context.state.getConversation(id)
    return removeMember.decide({ conversationId: id, userId: kind === 'DIRECT' ? other.MEMBER : user }, context)
  }
const posting = ['silenced', 'just posted', 'posting role'] as const

/** As the contract describes it: the descriptions of Role, ConversationSettings and Membership.silencedUntil. */
const commands: Readonly<Record<string, Command>> = {
  'sends a message': {
    decide: context =>
      sendMessage.decide(
        { conversationId: id, content, clientMessageId: null, replyToId: null, metadata: null },
        context,
      ),
    ...{ DIRECT: 'MEMBER', GROUP: 'MEMBER', CHANNEL: 'MEMBER', obeys: posting },
  },
  'edits their own message': {
    decide: context => updateMessage.decide({ messageId: own, content, expectedVersion: null }, context),
    ...{ DIRECT: 'MEMBER', GROUP: 'MEMBER', CHANNEL: 'MEMBER', obeys: ['silenced'] },
  },
  "edits another's message": {
    decide: context => updateMessage.decide({ messageId: others, content, expectedVersion: null }, context),
    ...{ DIRECT: 'nobody', GROUP: 'nobody', CHANNEL: 'nobody', obeys: [] },
  },
  'edits a system text': {
    decide: context => updateMessage.decide({ messageId: announced, content, expectedVersion: null }, context),
    ...{ DIRECT: 'nobody', GROUP: 'nobody', CHANNEL: 'nobody', obeys: [] },
  },
  'deletes their own message': {
    decide: context => deleteMessage.decide({ messageId: own }, context),
    ...{ DIRECT: 'MEMBER', GROUP: 'MEMBER', CHANNEL: 'MEMBER', obeys: [] },
  },
  "deletes another's message": {
    decide: context => deleteMessage.decide({ messageId: others }, context),
    ...{ DIRECT: 'nobody', GROUP: 'MODERATOR', CHANNEL: 'MODERATOR', obeys: [] },
  },
  'deletes a system text that they caused': {
    decide: context => deleteMessage.decide({ messageId: announced }, context),
    ...{ DIRECT: 'nobody', GROUP: 'MODERATOR', CHANNEL: 'MODERATOR', obeys: [] },
  },
  'redacts a revision of their own message': {
    decide: context => redactRevision.decide({ messageId: own, version: 1 }, context),
    ...{ DIRECT: 'MEMBER', GROUP: 'MEMBER', CHANNEL: 'MEMBER', obeys: [] },
  },
  "redacts a revision of another's message": {
    decide: context => redactRevision.decide({ messageId: others, version: 1 }, context),
    ...{ DIRECT: 'nobody', GROUP: 'MODERATOR', CHANNEL: 'MODERATOR', obeys: [] },
  },
  'redacts a revision of a system text that they caused': {
    decide: context => redactRevision.decide({ messageId: announced, version: 1 }, context),
    ...{ DIRECT: 'nobody', GROUP: 'MODERATOR', CHANNEL: 'MODERATOR', obeys: [] },
  },
  reacts: {
    decide: context => addReaction.decide({ messageId: own, emoji }, context),
    ...{ DIRECT: 'MEMBER', GROUP: 'MEMBER', CHANNEL: 'MEMBER', obeys: ['silenced'] },
  },
  'takes a reaction back': {
    decide: context => removeReaction.decide({ messageId: others, emoji }, context),
    ...{ DIRECT: 'MEMBER', GROUP: 'MEMBER', CHANNEL: 'MEMBER', obeys: [] },
  },
  renames: {
    decide: change({ name: 'another' }),
    ...{ DIRECT: 'nobody', GROUP: 'MEMBER', CHANNEL: 'MODERATOR', obeys: posting },
  },
  'sets the topic': {
    decide: change({ topic: 'x'.repeat(900) }),
    ...{ DIRECT: 'nobody', GROUP: 'MEMBER', CHANNEL: 'MODERATOR', obeys: posting },
  },
  'sets the topic and settings': {
    decide: change({ topic: 'x', settings: { editWindowSeconds: 5 } }),
    ...{ DIRECT: 'nobody', GROUP: 'ADMIN', CHANNEL: 'ADMIN', obeys: posting },
  },
  'sets a slow mode': {
    decide: change({ settings: { slowModeSeconds: 31_622_400 } }),
    ...{ DIRECT: 'nobody', GROUP: 'ADMIN', CHANNEL: 'ADMIN', obeys: [] },
  },
  'sets who may post': {
    decide: change({ settings: { postingRole: 'OWNER' } }),
    ...{ DIRECT: 'nobody', GROUP: 'ADMIN', CHANNEL: 'ADMIN', obeys: [] },
  },
  'adds someone new': {
    decide: add([outsider]),
    ...{ DIRECT: 'nobody', GROUP: 'MEMBER', CHANNEL: 'MODERATOR', obeys: ['silenced'] },
  },
  'adds someone who left': {
    decide: add([hasLeft]),
    ...{ DIRECT: 'nobody', GROUP: 'MEMBER', CHANNEL: 'MODERATOR', obeys: ['silenced'] },
  },
  'adds someone who was removed': {
    decide: add([wasRemoved]),
    ...{ DIRECT: 'nobody', GROUP: 'MODERATOR', CHANNEL: 'MODERATOR', obeys: ['silenced'] },
  },
  'adds someone who was removed among others': {
    decide: add([outsider, hasLeft, wasRemoved]),
    ...{ DIRECT: 'nobody', GROUP: 'MODERATOR', CHANNEL: 'MODERATOR', obeys: ['silenced'] },
  },
  'removes a MEMBER': {
    decide: remove(other.MEMBER),
    ...{ DIRECT: 'nobody', GROUP: 'MODERATOR', CHANNEL: 'MODERATOR', obeys: [] },
  },
  'removes a MODERATOR': {
    decide: remove(other.MODERATOR),
    ...{ DIRECT: 'nobody', GROUP: 'ADMIN', CHANNEL: 'ADMIN', obeys: [] },
  },
  'removes an ADMIN': {
    decide: remove(other.ADMIN),
    ...{ DIRECT: 'nobody', GROUP: 'OWNER', CHANNEL: 'OWNER', obeys: [] },
  },
  'removes the OWNER': {
    decide: remove(other.OWNER),
    ...{ DIRECT: 'nobody', GROUP: 'nobody', CHANNEL: 'nobody', obeys: [] },
  },
  leaves: {
    decide: context => leaveConversation.decide({ conversationId: id }, context),
    ...{ DIRECT: 'nobody', GROUP: 'MEMBER', CHANNEL: 'MEMBER', obeys: [], except: ['OWNER'] },
  },
  'deletes the conversation': {
    decide: context => deleteConversation.decide({ conversationId: id }, context),
    ...{ DIRECT: 'nobody', GROUP: 'OWNER', CHANNEL: 'OWNER', obeys: [] },
  },
}

const refusals = { silenced: 'SILENCED', 'just posted': 'SLOW_MODE', 'posting role': 'FORBIDDEN' } as const

const maySee = (kind: ConversationKind, state: State): boolean => kind === 'CHANNEL' || isIn(state)

const expected = (command: Command, role: Role, kind: ConversationKind, state: State): string => {
  if (!maySee(kind, state)) return 'NOT_FOUND'
  if (!isIn(state)) return 'FORBIDDEN'
  const least = command[kind]
  const highEnough = least !== 'nobody' && roles.indexOf(role) >= roles.indexOf(least)
  if (!highEnough || command.except?.includes(role)) return 'FORBIDDEN'
  switch (state) {
    case 'usual':
      return 'OK'
    case 'silenced':
      return command.obeys.includes(state) ? refusals[state] : 'OK'
    case 'just posted':
      return command.obeys.includes(state) && role === 'MEMBER' && kind !== 'DIRECT' ? refusals[state] : 'OK'
    case 'posting role':
      return command.obeys.includes(state) && (role === 'MEMBER' || role === 'MODERATOR') && kind !== 'DIRECT'
        ? refusals[state]
        : 'OK'
    case 'left':
    case 'removed':
    case 'never in':
    case 'abandoned':
      return 'FORBIDDEN'
    default:
      return assertNever(state)
  }
}

const clock = { now: () => at }
const outcome = (decide: Decide, role: Role, kind: ConversationKind, state: State): string => {
  const context: DecisionContext = {
    actor: actorOf(actor),
    state: new BatchState(rowsOf(kind, role, state)),
    at,
    ids: new TypeIdGenerator(clock),
    limits: { textLength: 1000 },
  }
  try {
    decide(context)
    return 'OK'
  } catch (error) {
    if (error instanceof Refusal) return error.code
    throw error
  }
}

/** Both sides of a DIRECT are MEMBERs, and only a CHANNEL can be without any member. */
const situations = kinds.flatMap(kind =>
  states
    .filter(state => state !== 'abandoned' || kind === 'CHANNEL')
    .filter(state => kind !== 'DIRECT' || state === 'usual' || state === 'just posted' || state === 'posting role')
    .flatMap(state =>
      roles.filter(role => kind !== 'DIRECT' || role === 'MEMBER').map(role => ({ kind, state, role })),
    ),
)

describe('A user who', () => {
  // The refusal of a posting rule for a DIRECT is of the input: no one there could have set it.
  const asForbidden = (code: string, kind: ConversationKind): string =>
    kind === 'DIRECT' && code === 'BAD_USER_INPUT' ? 'FORBIDDEN' : code

  for (const [name, command] of Object.entries(commands))
    it(`${name} is allowed or refused as the contract says, by role, kind and state`, () => {
      const table = (of: (role: Role, kind: ConversationKind, state: State) => string) =>
        situations.map(({ kind, state, role }) => `${kind}, ${state}, ${role}: ${of(role, kind, state)}`)
      expect(table((role, kind, state) => asForbidden(outcome(command.decide, role, kind, state), kind))).toEqual(
        table((role, kind, state) => expected(command, role, kind, state)),
      )
    })

  it('joins a CHANNEL gets the role MEMBER, with any earlier role, and cannot join another kind', () => {
    const join: Decide = ({ state, ...context }) => {
      const { draft, result } = joinConversation.decide({ conversationId: id }, { state, ...context })
      state.apply(draft, context.actor, context.at)
      expect(isIn(current) || result(state).role === 'MEMBER').toBe(true)
    }
    let current: State = 'usual'
    for (const { kind, state, role } of situations) {
      current = state
      const wanted = isIn(state) || kind === 'CHANNEL' ? 'OK' : 'NOT_FOUND'
      expect(`${kind}, ${state}, ${role}: ${outcome(join, role, kind, state)}`).toBe(
        `${kind}, ${state}, ${role}: ${wanted}`,
      )
    }
  })

  it('sets the name and topic that are set already posts nothing, and is not refused by slow mode', () => {
    const again = change({ name: 'a room', topic: null })
    for (const role of roles) expect(outcome(again, role, 'GROUP', 'just posted')).toBe('OK')
    expect(outcome(again, 'MEMBER', 'GROUP', 'posting role')).toBe('FORBIDDEN')
  })
})
