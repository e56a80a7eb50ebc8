import { setTimeout as after } from 'node:timers/promises'
import { ask } from '../e2e/server/graphql-request.ts'
import type { Followed, Follower } from './follower.ts'
import type { InboxFollower } from './inbox-follower.ts'
import type { ConversationModel, MessageModel } from './model.ts'

const pageQuery = `query ($conversationId: ID!, $after: Int!) {
  events(conversationId: $conversationId, after: $after, first: 50) { hasMore events {
    __typename sequence
    ... on MessageCreated { message { ...All } }
    ... on MessageUpdated { message { id } }
    ... on MessageDeleted { message { id } }
    ... on ReactionEvent { reaction { messageId } }
    ... on MemberJoined { membership { user { id } } }
    ... on MemberLeft { user { id } } } } }
  fragment All on Message { id clientMessageId deletedAt content { text } reactions { emoji users { id } } }`

interface LoggedMessage {
  readonly id: string
  readonly clientMessageId: string | null
  readonly deletedAt: string | null
  readonly content: { readonly text: string }
  readonly reactions: readonly { readonly emoji: string; readonly users: readonly { readonly id: string }[] }[]
}

interface Logged {
  readonly __typename: string
  readonly sequence: number
  readonly message?: LoggedMessage
  readonly reaction?: { readonly messageId: string }
  readonly membership?: { readonly user: { readonly id: string } }
  readonly user?: { readonly id: string }
}

export const readLog = async (url: string, token: string, conversationId: string): Promise<readonly Logged[]> => {
  const log: Logged[] = []
  for (;;) {
    const { events } = await ask<{ events: { hasMore: boolean; events: readonly Logged[] } }>(url, token, pageQuery, {
      conversationId,
      after: log.length,
    })
    log.push(...events.events)
    if (!events.hasMore) return log
  }
}

/** What the log says otherwise than the model. */
export const faultsOfLog = (conversation: ConversationModel, log: readonly Logged[]): readonly string[] => {
  const faults = log.flatMap(({ sequence }, index) =>
    sequence === index + 1 ? [] : [`event ${index + 1} has the sequence ${sequence}`],
  )
  const own = log.filter(({ message }) => message?.clientMessageId === null)
  // That the conversation was created is said by the server itself.
  if (own.length !== 1) faults.push(`${own.length} messages are not one's`)
  const counted = new Map<string, Map<string, number>>()
  for (const { __typename: type, message, reaction } of log) {
    const id = message?.id ?? reaction?.messageId
    if (id === undefined) continue
    const counts = counted.get(id) ?? new Map<string, number>()
    counted.set(id, counts.set(type, (counts.get(type) ?? 0) + 1))
    if (type === 'MessageCreated' && message !== undefined) faults.push(...faultsOfMessage(conversation, message))
  }
  for (const { id, key, events } of conversation.messages.values()) {
    const delivered = counted.get(id) ?? new Map<string, number>()
    for (const type of new Set([...events.keys(), ...delivered.keys()]))
      if (events.get(type) !== delivered.get(type))
        faults.push(`${key} (${id}) has ${delivered.get(type) ?? 0} ${type}, answered were ${events.get(type) ?? 0}`)
  }
  return [...faults, ...faultsOfMembers(conversation, log)]
}

const faultsOfMessage = ({ messages }: ConversationModel, message: LoggedMessage): readonly string[] => {
  if (message.clientMessageId === null) return []
  const model = messages.get(message.id)
  if (model === undefined) return [`${message.clientMessageId} (${message.id}) is there and was never answered`]
  const is = stateOf({
    key: message.clientMessageId ?? '',
    text: message.content.text,
    deleted: message.deletedAt !== null,
    reactions: message.reactions.flatMap(({ emoji, users }) => users.map(({ id }) => `${emoji} ${id}`)),
  })
  const ought = stateOf({ ...model, reactions: [...model.reactions] })
  return is === ought ? [] : [`${message.id} is ${is} and ought to be ${ought}`]
}

const stateOf = ({
  key,
  text,
  deleted,
  reactions,
}: Pick<MessageModel, 'key' | 'text' | 'deleted'> & { readonly reactions: readonly string[] }): string =>
  JSON.stringify([key, text, deleted, reactions.toSorted()])

const faultsOfMembers = (conversation: ConversationModel, log: readonly Logged[]): readonly string[] => {
  const joined = Map.groupBy(
    log.filter(event => event.__typename === 'MemberJoined'),
    event => event.membership?.user.id ?? '',
  )
  const left = Map.groupBy(
    log.filter(event => event.__typename === 'MemberLeft'),
    event => event.user?.id ?? '',
  )
  return [...new Set([...joined.keys(), ...left.keys(), ...conversation.members])].flatMap(user => {
    const came = (joined.get(user)?.length ?? 0) - 1
    const went = left.get(user)?.length ?? 0
    const ought = [conversation.reconnects.get(user)?.length ?? 0, conversation.departures.get(user) ?? 0]
    return came === ought[0] && went === ought[1]
      ? []
      : [`${user} reconnected ${came} times and left ${went}, answered were ${ought[0]} and ${ought[1]}`]
  })
}

/** What a follower, who is a member now, got otherwise than the log has it, or while it was none. */
export const faultsOfFollower = (
  follower: Follower,
  conversation: ConversationModel,
  log: readonly Logged[],
): readonly string[] => {
  const { events, violations, userId } = follower
  const faults = [...violations, ...faultsOfEvents(userId, events, conversation, log)]
  if (events.length !== log.length) faults.push(`has ${events.length} events of ${log.length}`)
  return faults.map(fault => `${follower.name}: ${fault}`)
}

/** The same of an inbox, which may lack what came before and after its user was away. */
export const faultsOfInbox = (
  inbox: InboxFollower,
  conversation: ConversationModel,
  log: readonly Logged[],
): readonly string[] => {
  const events = inbox.eventsOf(conversation.id)
  const faults = [...faultsOfEvents(inbox.userId, events, conversation, log)]
  const last = events.at(-1)?.sequence ?? 0
  if (last !== log.length) faults.push(`is at ${last} of ${log.length}`)
  return faults.map(fault => `${inbox.name}, ${conversation.id}: ${fault}`)
}

const faultsOfEvents = (
  userId: string,
  events: readonly Followed[],
  conversation: ConversationModel,
  log: readonly Logged[],
): readonly string[] => {
  const faults: string[] = []
  const bySequence = new Map(events.map(event => [event.sequence, event]))
  const reconnects = conversation.reconnects.get(userId) ?? []
  let came = 0
  /** From when on it may be delivered; undefined: it is a member and always has been. */
  let allowedFrom: number | undefined
  for (const { __typename: type, sequence, user, membership } of log) {
    const got = bySequence.get(sequence)
    if (got !== undefined && got.type !== type) faults.push(`got ${got.type} ${sequence} for ${type}`)
    const isReconnect = type === 'MemberJoined' && membership?.user.id === userId && allowedFrom !== undefined
    if (got !== undefined && allowedFrom !== undefined && got.receivedAt < allowedFrom)
      faults.push(`got ${type} ${sequence} while it was not a member`)
    if (isReconnect) allowedFrom = undefined
    if (type === 'MemberLeft' && user?.id === userId) allowedFrom = reconnects[came++] ?? Number.POSITIVE_INFINITY
  }
  return faults
}

export interface Devices {
  readonly followers: readonly Follower[]
  readonly inboxes: readonly InboxFollower[]
}

/** Waits until all have come as far as their logs. */
export const caughtUp = async (
  { followers, inboxes }: Devices,
  lengths: ReadonlyMap<string, number>,
  withinMs: number,
): Promise<void> => {
  const deadline = Date.now() + withinMs
  const behind = () =>
    followers.some(({ last, followed }) => last < (lengths.get(followed.conversationId) ?? 0)) ||
    inboxes.some(inbox => lengths.entries().some(([id, length]) => (inbox.eventsOf(id).at(-1)?.sequence ?? 0) < length))
  while (behind() && Date.now() < deadline) await after(20)
}
