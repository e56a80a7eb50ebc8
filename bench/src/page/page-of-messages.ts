/** How many messages each member of the room writes. */
export const authors = 20
export const pageSize = 50

/** The page that a client loads when it opens a conversation. */
export const pageQuery = `query Page($id: ID!) {
  conversation(id: $id) {
    messages(last: ${pageSize}) {
      edges { node {
        id sequence createdAt content { text } author { id displayName avatarUrl } reactions { emoji count }
      } }
      pageInfo { hasPreviousPage }
    }
  }
}`

/** The answer to it, as both servers give it. */
export interface Page {
  readonly data: {
    readonly conversation: {
      readonly messages: {
        readonly edges: readonly { readonly node: PageMessage }[]
        readonly pageInfo: { readonly hasPreviousPage: boolean }
      }
    }
  }
}

export interface PageMessage {
  readonly id: string
  readonly sequence: number
  readonly createdAt: string
  readonly content: { readonly text: string }
  readonly author: { readonly id: string; readonly displayName: string; readonly avatarUrl: string | null }
  readonly reactions: readonly { readonly emoji: string; readonly count: number }[]
}
