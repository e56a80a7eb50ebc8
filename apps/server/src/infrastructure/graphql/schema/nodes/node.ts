import { parseConversationId, parseMembershipId, parseMessageId, parseThreadId } from '@cpc-messenger/messenger'
import { viewerIndependent } from '../../subscriptions/viewer-independent.ts'
import { builder } from '../root/builder.ts'
import { NodeInterface } from '../root/object-refs.ts'

const typeOf = (id: string): string => {
  if (parseConversationId(id) !== undefined) return 'Conversation'
  if (parseMessageId(id) !== undefined) return 'Message'
  if (parseThreadId(id) !== undefined) return 'Thread'
  return parseMembershipId(id) === undefined ? 'User' : 'Membership'
}

builder.interfaceType(NodeInterface, {
  description: 'Anything with a globally unique id (Relay global object identification).',
  resolveType: ({ id }) => typeOf(id),
  fields: t => ({
    id: t.exposeID('id', {
      extensions: viewerIndependent,
      description:
        'A typed id: a prefix (conv, msg, mem, thr), an underscore and a UUIDv7 in base32; for a User the `sub` claim of their token.',
    }),
  }),
})
