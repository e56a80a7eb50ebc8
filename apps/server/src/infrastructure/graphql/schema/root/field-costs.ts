import { type GraphQLObjectType, type GraphQLSchema, getNamedType, isInterfaceType, isObjectType } from 'graphql'
import { annotateCosts, type FieldCost, type FieldCosts } from '../../cost/field-cost.ts'
import { eventsAtOnce, membersPageSize, nodesAtOnce, pageSize, usualPage } from '../pagination/page-arguments.ts'

/** The row is in memory: no statement. */
const inMemory: FieldCost = {}
/** A row by its id. */
const row: FieldCost = { together: 1 }
const rows = (usual: number): FieldCost => ({ together: 1, size: { usual } })
const ofPage: FieldCost = { size: { ofPage: true } }
const page = (by: readonly string[], most: number): FieldCost => ({ each: 1, size: { by, usual: usualPage, most } })

const connections: FieldCosts = Object.fromEntries(
  ['Conversation', 'Membership', 'Message', 'MessageRevision', 'Reaction', 'Thread', 'User'].flatMap(name => [
    [`${name}Connection.edges`, ofPage],
    [`${name}Connection.pageInfo`, inMemory],
    [`${name}Edge.node`, inMemory],
    [`${name}Edge.cursor`, { bytes: 120 }],
  ]),
)

/** Commands wait for a commit, which is worth several statements. */
const command: FieldCost = { each: 4 }

/**
 * The cost of each field. Every field of an object or list type must be here, except those of events and payloads: otherwise
 * the schema is not built.
 */
const table: FieldCosts = {
  ...connections,
  'Query.server': inMemory,
  'Query.viewer': inMemory,
  'Query.node': { each: 2 },
  'Query.nodes': { each: 8, size: { byItems: 'ids', most: nodesAtOnce } },
  'Query.events': {
    each: 4,
    size: { by: ['first'], usual: 100, most: eventsAtOnce },
  },
  'Query.conversation': { each: 2 },
  'Query.conversationByKey': { each: 3 },
  'Query.message': { each: 3 },
  'Query.user': { each: 1 },
  'Query.conversations': { ...page(['first'], pageSize), eachGiven: ['filter'] },
  'Query.channels': { ...page(['first'], pageSize), search: 'search' },
  'Query.users': { ...page(['first'], pageSize), search: 'search' },
  'Mutation.markAllRead': { each: 40 },
  'Server.limits': inMemory,
  'Server.features': { size: { usual: 5 } },
  'Viewer.user': row,
  'User.presence': { together: 2 },
  'Viewer.presenceChoice': { each: 1 },
  // All conversations of the viewer are read, in pieces.
  'Viewer.unreadConversationCount': { each: 10 },
  'Viewer.unreadMentionCount': { each: 20 },
  'Viewer.inboxPosition': { each: 1, bytes: 40 },
  'ConversationEventPage.events': ofPage,
  'ConversationEvent.actor': row,
  'ReactionEvent.reaction': inMemory,
  'ReactionEvent.message': inMemory,
  'MessageCreated.message': inMemory,
  'MessageUpdated.message': inMemory,
  'MessageDeleted.message': inMemory,
  'MemberJoined.membership': inMemory,
  'MemberUpdated.membership': inMemory,
  'MemberLeft.user': row,
  'ConversationUpdated.conversation': inMemory,
  'Conversation.settings': inMemory,
  'Conversation.heroes': rows(5),
  'Conversation.members': { ...page(['first'], membersPageSize), search: 'search' },
  'Conversation.messages': {
    ...page(['first', 'last'], pageSize),
    // With a bound, a statement checks whether there are rows beyond it; with a centre, a page is read on either side.
    eachGiven: ['after', 'before', 'afterSequence', 'beforeSequence', 'around', 'aroundSequence'],
  },
  'Conversation.viewerMembership': row,
  'Conversation.viewerSettings': { together: 2 },
  'Conversation.unreadCount': row,
  'Conversation.unreadMentionCount': row,
  'Conversation.firstUnreadMessage': { together: 3 },
  'Conversation.lastMessage': row,
  'Membership.conversation': { together: 2 },
  'Membership.user': row,
  'Membership.readSequence': row,
  'Membership.deliveredSequence': row,
  'Message.conversation': { together: 2 },
  'Message.author': row,
  'Message.content': inMemory,
  'Message.replyTo': row,
  'Message.threadRoot': row,
  'Message.thread': row,
  'Thread.conversation': { together: 2 },
  'Thread.root': row,
  'Thread.participants': page(['first'], pageSize),
  'Thread.viewerFollows': row,
  'Thread.readSequence': row,
  'Thread.unreadCount': { together: 2 },
  'Thread.unreadMentionCount': { together: 2 },
  'Thread.messages': { ...page(['first', 'last'], pageSize), eachGiven: ['after', 'before'] },
  'Viewer.threads': { ...page(['first'], pageSize), each: 4 },
  'Viewer.mentions': { ...page(['first'], pageSize), each: 3 },
  'Message.reactions': rows(3),
  'Message.reactors': page(['first'], pageSize),
  // The message, the conversation and the membership are read to decide who may read the page.
  'Message.revisions': { ...page(['first'], pageSize), together: 3 },
  'MessageRevision.content': inMemory,
  'MessageRevision.editor': row,
  'MessageContent.text': { bytes: 150 },
  'MessageContent.mentions': { together: 1, size: { usual: 1 } },
  'SystemContent.subjects': { together: 1, size: { usual: 1 } },
  'TypingStarted.user': row,
  'TypingStopped.user': row,
  'PresenceChanged.user': row,
  'ReadMarkerMoved.membership': row,
  'ViewerChanged.viewer': inMemory,
  'ViewerConversationChanged.conversation': { together: 2 },
  'ViewerThreadChanged.thread': { together: 3 },
  'UserChanged.user': inMemory,
  'AddMembersPayload.memberships': rows(10),
  'Reaction.user': row,
  'ReactionSummary.viewerReacted': row,
  'ReactionSummary.users': rows(2),
}

/** Objects in payloads may be read again after the commit. */
const ofPayloads = (mutation: GraphQLObjectType): FieldCosts =>
  Object.fromEntries(
    Object.values(mutation.getFields()).flatMap(({ type }) => {
      const payload = getNamedType(type)
      if (!isObjectType(payload)) return []
      return Object.values(payload.getFields()).map(field => [`${payload.name}.${field.name}`, row])
    }),
  )

const ofCommands = (mutation: GraphQLObjectType): FieldCosts =>
  Object.fromEntries(Object.keys(mutation.getFields()).map(name => [`Mutation.${name}`, command]))

/** Events are in memory when they are executed. */
const ofSubscriptions = (subscription: GraphQLObjectType): FieldCosts =>
  Object.fromEntries(Object.keys(subscription.getFields()).map(name => [`Subscription.${name}`, inMemory]))

/** The row that an event is about may have to be read. */
const ofEvents = (schema: GraphQLSchema): FieldCosts => {
  const event = schema.getType('ConversationEvent')
  if (!isInterfaceType(event)) return {}
  return Object.fromEntries(
    schema.getPossibleTypes(event).flatMap(type => {
      const inherited = new Set(type.getInterfaces().flatMap(above => Object.keys(above.getFields())))
      return Object.values(type.getFields())
        .filter(field => isObjectType(getNamedType(field.type)) && !inherited.has(field.name))
        .map(field => [`${type.name}.${field.name}`, row])
    }),
  )
}

/** Adds the costs to the fields of the schema. */
export const withCosts = (schema: GraphQLSchema): GraphQLSchema => {
  const mutation = schema.getMutationType()
  const subscription = schema.getSubscriptionType()
  return annotateCosts(schema, {
    ...(mutation && { ...ofCommands(mutation), ...ofPayloads(mutation) }),
    ...(subscription && ofSubscriptions(subscription)),
    ...ofEvents(schema),
    ...table,
  })
}
