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
  ... on MemberJoined { membership { user { id } } }
  ... on MemberLeft { user { id } } } }`

export const signalsDocument = `subscription { viewerSignals { __typename
  ... on ViewerConversationChanged { conversation { ${ownState} } } } }`
