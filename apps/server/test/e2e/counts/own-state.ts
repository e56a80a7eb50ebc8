/** What a device keeps of one conversation for its user, and shows as badges. */
export interface OwnState {
  readonly id: string
  readonly lastSequence: number
  readonly unreadCount: number
  readonly unreadMentionCount: number
  readonly viewerSettings: {
    readonly notifications: string
    readonly markedUnreadFrom: number | null
    readonly archivedAt: string | null
    readonly pinnedAt: string | null
  } | null
  readonly viewerMembership: { readonly readSequence: number; readonly deliveredSequence: number } | null
}

export const ownState = `id lastSequence unreadCount unreadMentionCount
  viewerSettings { notifications markedUnreadFrom archivedAt pinnedAt }
  viewerMembership { readSequence deliveredSequence }`

export const conversationQuery = `query ($id: ID!) { conversation(id: $id) { ${ownState} } }`
export const listQuery = `query { conversations(first: 100) { edges { node { ${ownState} } } } }`

/** What a device keeps of a thread that its user follows. */
export interface OwnThread {
  readonly root: { readonly id: string }
  /** The state of the conversation that this is of. */
  readonly conversation: { readonly id: string; readonly lastSequence: number }
  readonly viewerFollows: boolean
  readonly replyCount: number
  readonly readSequence: number | null
  readonly unreadCount: number
  readonly unreadMentionCount: number
}

export const ownThread = `root { id } conversation { id lastSequence }
  viewerFollows replyCount readSequence unreadCount unreadMentionCount`

export const threadQuery = `query ($id: ID!) { message(id: $id) { thread { ${ownThread} } } }`
export const threadsQuery = `query { viewer { threads(first: 100) { edges { node { ${ownThread} } } } } }`

/** What an event says that a device needs. */
export interface OwnEvent {
  readonly __typename: string
  readonly conversationId: string
  readonly sequence: number
  readonly membership?: { readonly user: { readonly id: string } }
  readonly user?: { readonly id: string }
  readonly message?: {
    readonly threadRoot: { readonly id: string } | null
    readonly alsoInConversation: boolean
    readonly author: { readonly id: string } | null
    readonly content: {
      readonly __typename: string
      readonly mentions?: readonly { readonly id: string }[]
      readonly mentionsEveryone?: boolean
    }
  }
}

const message = `message { threadRoot { id } alsoInConversation author { id } content { __typename
  ... on TextContent { mentions { id } mentionsEveryone } } }`

export const inboxDocument = `subscription { inboxEvents { __typename
  ... on StreamPosition { live }
  ... on ConversationEvent { conversationId sequence }
  ... on MessageCreated { ${message} }
  ... on MessageUpdated { ${message} }
  ... on MessageDeleted { ${message} }
  ... on MemberJoined { membership { user { id } } }
  ... on MemberLeft { user { id } } } }`

export const signalsDocument = `subscription { viewerSignals { __typename
  ... on ViewerConversationChanged { conversation { ${ownState} } }
  ... on ViewerThreadChanged { thread { ${ownThread} } } } }`

export const presenceDocument = `subscription ($ids: [ID!]!) { presence(userIds: $ids) {
  user { id presence { status statusText } } } }`
export const presenceQuery = `query ($ids: [ID!]!) { nodes(ids: $ids) { ... on User { id presence { status statusText } } } }`
