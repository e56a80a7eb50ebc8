import { type ConversationId, type Membership, notFound } from '@cpc-messenger/messenger'
import type { Markers, MarkTo } from '../../../../services/markers/markers.ts'
import type { OperationContext } from '../../operations/operation-context.ts'
import { builder } from '../root/builder.ts'
import { conversationIdOf } from '../root/ids.ts'
import { MembershipObject } from '../root/object-refs.ts'

const markInput = (name: string, description: string) =>
  builder.inputType(name, {
    description,
    fields: t => ({
      conversationId: t.id({ required: true, description: 'A conversation that the viewer is a member of.' }),
      sequence: t.int({
        required: true,
        description: 'From 0 to `lastSequence`; an earlier one than before moves nothing.',
      }),
    }),
  })

const markPayload = (name: string, description: string) =>
  builder.objectType(builder.objectRef<Membership>(name), {
    description,
    fields: t => ({
      membership: t.field({
        type: MembershipObject,
        description: "The viewer's own membership, with its markers.",
        resolve: membership => membership,
      }),
    }),
  })

const MarkReadInput = markInput('MarkReadInput', 'Up to where the viewer has read a conversation.')
const MarkDeliveredInput = markInput(
  'MarkDeliveredInput',
  "Up to where a conversation has reached one of the viewer's devices.",
)
const MarkReadPayload = markPayload('MarkReadPayload', 'The marker is at the sequence or after it.')
const MarkDeliveredPayload = markPayload('MarkDeliveredPayload', 'The marker is at the sequence or after it.')

interface Mark {
  readonly conversationId: string
  readonly sequence: number
}

const ownMembership = async (context: OperationContext, conversationId: ConversationId): Promise<Membership> => {
  const membership = await context.reading.viewerMembership(conversationId)
  if (membership === undefined) throw notFound('conversation')
  return membership
}

const mark = async (
  context: OperationContext,
  input: Mark,
  move: (markers: Markers, to: MarkTo) => Promise<void>,
): Promise<Membership> => {
  const { dependencies, actor } = context
  const conversationId = conversationIdOf(input.conversationId)
  dependencies.limiter?.takeAll({ commands: 1 }, actor.userId)
  await context.resetSnapshot()
  await move(dependencies.markers, { conversationId, sequence: input.sequence })
  context.committedIn(conversationId)
  return ownMembership(context, conversationId)
}

builder.mutationFields(t => ({
  markRead: t.field({
    type: MarkReadPayload,
    nullable: true,
    description:
      'Moves the marker up to which the viewer has read. It only moves forward, and delivers too. It ends what markUnread began. BAD_USER_INPUT beyond the newest event.',
    args: { input: t.arg({ type: MarkReadInput, required: true, description: 'Where, and up to which sequence.' }) },
    resolve: (_root, { input }, context) => mark(context, input, (markers, to) => markers.markRead(to, context.actor)),
  }),
  markDelivered: t.field({
    type: MarkDeliveredPayload,
    nullable: true,
    description:
      'Moves the marker up to which everything has reached a device of the viewer. It only moves forward. BAD_USER_INPUT beyond the newest event.',
    args: {
      input: t.arg({ type: MarkDeliveredInput, required: true, description: 'Where, and up to which sequence.' }),
    },
    resolve: (_root, { input }, context) =>
      mark(context, input, (markers, to) => markers.markDelivered(to, context.actor)),
  }),
}))
