import {
  type AuditEntryId,
  type ConversationId,
  type MembershipId,
  type MessageId,
  parseAuditEntryId,
  parseConversationId,
  parseMembershipId,
  parseMessageId,
  parseUserId,
  type UserId,
} from '@cpc-messenger/messenger'

const made = <Id>(id: Id | undefined): Id => {
  if (id === undefined) throw new TypeError('not a well-formed id')
  return id
}
const suffix = (number: number): string => String(number).padStart(26, '0')

export const conversationId = (number: number): ConversationId => made(parseConversationId(`conv_${suffix(number)}`))
export const messageId = (number: number): MessageId => made(parseMessageId(`msg_${suffix(number)}`))
export const membershipId = (number: number): MembershipId => made(parseMembershipId(`mem_${suffix(number)}`))
export const auditEntryId = (number: number): AuditEntryId => made(parseAuditEntryId(`aud_${suffix(number)}`))
export const userId = (name: string): UserId => made(parseUserId(name))
