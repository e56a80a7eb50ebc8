declare const brand: unique symbol
type Branded<Name extends string> = string & { readonly [brand]: Name }

/** `conv_` and a UUIDv7 in base32, per the TypeID specification. */
export type ConversationId = Branded<'ConversationId'>
/** `msg_…` */
export type MessageId = Branded<'MessageId'>
/** `mem_…` */
export type MembershipId = Branded<'MembershipId'>
/** The `sub` claim of a token: 1 to 128 of the ASCII characters 0x21 to 0x7E without `<` and `>`, not a typed id. */
export type UserId = Branded<'UserId'>

/** The typed ids' prefixes, one for each kind of thing that has one. */
export const idPrefixes = { conversation: 'conv', message: 'msg', membership: 'mem' } as const
export type IdKind = keyof typeof idPrefixes

const suffix = '_[0-7][0-9a-hjkmnp-tv-z]{25}$'
const patterns = {
  conversation: new RegExp(`^${idPrefixes.conversation}${suffix}`),
  message: new RegExp(`^${idPrefixes.message}${suffix}`),
  membership: new RegExp(`^${idPrefixes.membership}${suffix}`),
}
/** Prefixes of today and of things to come, which no user id may look like. */
const anyTypedId = new RegExp(`^(?:[a-z](?:[a-z_]{0,61}[a-z])?)${suffix}`)
const userId = /^[\x21-\x3b\x3d\x3f-\x7e]{1,128}$/

export const parseConversationId = (text: string): ConversationId | undefined =>
  patterns.conversation.test(text) ? (text as ConversationId) : undefined

export const parseMessageId = (text: string): MessageId | undefined =>
  patterns.message.test(text) ? (text as MessageId) : undefined

export const parseMembershipId = (text: string): MembershipId | undefined =>
  patterns.membership.test(text) ? (text as MembershipId) : undefined

export const parseUserId = (text: string): UserId | undefined =>
  userId.test(text) && !anyTypedId.test(text) ? (text as UserId) : undefined
