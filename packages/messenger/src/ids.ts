declare const brand: unique symbol
type Branded<Name extends string> = string & { readonly [brand]: Name }

/** `conv_` and a UUIDv7 in base32, per the TypeID specification. */
export type ConversationId = Branded<'ConversationId'>
/** `msg_…` */
export type MessageId = Branded<'MessageId'>
/** `mem_…` */
export type MembershipId = Branded<'MembershipId'>
/** `aud_…` */
export type AuditEntryId = Branded<'AuditEntryId'>
/**
 * The `sub` claim of a token: 1 to 128 of the ASCII characters 0x21 to 0x7E without `<` and `>`, not beginning like
 * the ids that this server generates, and not one of the mentions of several people.
 */
export type UserId = Branded<'UserId'>

/** The prefix of the ids of each type. */
export const idPrefixes = { conversation: 'conv', message: 'msg', membership: 'mem', auditEntry: 'aud' } as const
export type IdKind = keyof typeof idPrefixes

const suffix = '_[0-7][0-9a-hjkmnp-tv-z]{25}$'
const patterns = {
  conversation: new RegExp(`^${idPrefixes.conversation}${suffix}`),
  message: new RegExp(`^${idPrefixes.message}${suffix}`),
  membership: new RegExp(`^${idPrefixes.membership}${suffix}`),
  auditEntry: new RegExp(`^${idPrefixes.auditEntry}${suffix}`),
}
/** A thread has the id of its root, with this prefix. */
const threadPrefix = 'thr'
/** The prefixes of types in the contract that this version does not implement yet. They are reserved: no user id may begin with one. */
const laterPrefixes = ['att', 'inv', 'opt', 'rep', 'sch']
const ownId = new RegExp(`^(?:${[...Object.values(idPrefixes), threadPrefix, ...laterPrefixes].join('|')})_`)
/** The names in `<@…>` that mention several people. They are case-sensitive, like ids. */
const groupNames: ReadonlySet<string> = new Set(['everyone', 'moderators', 'admins'])
/** The id for all members in a stored mention. No user has it. */
export const everyone = 'everyone' as UserId
const userId = /^[\x21-\x3b\x3d\x3f-\x7e]{1,128}$/

export const parseConversationId = (text: string): ConversationId | undefined =>
  patterns.conversation.test(text) ? (text as ConversationId) : undefined

export const parseMessageId = (text: string): MessageId | undefined =>
  patterns.message.test(text) ? (text as MessageId) : undefined

export const parseMembershipId = (text: string): MembershipId | undefined =>
  patterns.membership.test(text) ? (text as MembershipId) : undefined

export const parseAuditEntryId = (text: string): AuditEntryId | undefined =>
  patterns.auditEntry.test(text) ? (text as AuditEntryId) : undefined

/** Parses ids of stored users. Earlier versions accepted ids that `parseUserId` refuses: such users still can be found and removed. */
export const parseStoredUserId = (text: string): UserId | undefined =>
  userId.test(text) ? (text as UserId) : undefined

export const parseUserId = (text: string): UserId | undefined =>
  userId.test(text) && !ownId.test(text) && !groupNames.has(text) ? (text as UserId) : undefined

export const threadIdOf = (rootId: MessageId): string => `${threadPrefix}${rootId.slice(idPrefixes.message.length)}`

/** The root of the thread with this id. */
export const parseThreadId = (text: string): MessageId | undefined =>
  text.startsWith(`${threadPrefix}_`)
    ? parseMessageId(`${idPrefixes.message}${text.slice(threadPrefix.length)}`)
    : undefined
