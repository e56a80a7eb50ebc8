import type { Answer, GraphQLServer } from '../graphql-server.ts'

/** What the viewer sees of a conversation for themselves. */
export interface OwnView {
  readonly unreadCount: number
  readonly unreadMentionCount: number
  readonly firstUnreadMessage: { readonly id: string } | null
  readonly viewerSettings: {
    readonly notifications: string
    readonly markedUnreadFrom: number | null
    readonly archivedAt: string | null
    readonly pinnedAt: string | null
  } | null
  readonly viewerMembership: { readonly readSequence: number; readonly deliveredSequence: number } | null
  readonly lastSequence: number
}

const view = `query($id: ID!) { conversation(id: $id) {
  unreadCount unreadMentionCount firstUnreadMessage { id } lastSequence
  viewerSettings { notifications markedUnreadFrom archivedAt pinnedAt }
  viewerMembership { readSequence deliveredSequence } } }`

export const viewOf = (server: GraphQLServer, name: string, id: string): Promise<OwnView> =>
  server.read<OwnView>(name, view, { id }, 'conversation')

export const mark = (
  server: GraphQLServer,
  name: string,
  mutation: 'markRead' | 'markDelivered',
  conversationId: string,
  sequence: number,
): Promise<Answer> => {
  const input = mutation === 'markRead' ? 'MarkReadInput' : 'MarkDeliveredInput'
  const query = `mutation($input: ${input}!) { ${mutation}(input: $input) { membership { readSequence deliveredSequence } } }`
  return server.ask(name, query, { input: { conversationId, sequence } })
}

export const markUnread = (server: GraphQLServer, name: string, conversationId: string, sequence: number) =>
  server.ask(
    name,
    'mutation($input: MarkUnreadInput!) { markUnread(input: $input) { conversation { unreadCount viewerSettings { markedUnreadFrom } } } }',
    { input: { conversationId, sequence } },
  )

export const updateSettings = (server: GraphQLServer, name: string, conversationId: string, settings: object) =>
  server.ask(
    name,
    `mutation($input: UpdateViewerSettingsInput!) { updateViewerSettings(input: $input) { conversation {
      viewerSettings { notifications markedUnreadFrom archivedAt pinnedAt } } } }`,
    { input: { conversationId, ...settings } },
  )

export const markAllRead = (server: GraphQLServer, name: string): Promise<number> =>
  server.read<number>(name, 'mutation { markAllRead { conversations } }', {}, 'markAllRead', 'conversations')

export const codesOf = ({ errors = [] }: Answer): readonly unknown[] => errors.map(({ extensions }) => extensions.code)

/** The ids of the viewer's conversations that match. */
export const listed = async (server: GraphQLServer, name: string, filter: object | null, more: object = {}) => {
  const query = `query($filter: ConversationFilter, $first: Int, $after: String) {
    conversations(filter: $filter, first: $first, after: $after) { edges { node { id } } pageInfo { hasNextPage endCursor } } }`
  const page = await server.read<{
    readonly edges: readonly { readonly node: { readonly id: string } }[]
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null }
  }>(name, query, { filter, ...more }, 'conversations')
  return { ids: page.edges.map(edge => edge.node.id), ...page.pageInfo }
}
