/** What members do with messages, as GraphQL documents. */
export const messageMutations = {
  send: `mutation ($conversationId: ID!, $text: String!, $key: String!) {
    sendMessage(input: { conversationId: $conversationId, content: { text: { text: $text } }, clientMessageId: $key }) { message { id } } }`,
  edit: `mutation ($messageId: ID!, $text: String!) {
    updateMessage(input: { messageId: $messageId, content: { text: { text: $text } } }) { message { id } } }`,
  delete: 'mutation ($messageId: ID!) { deleteMessage(input: { messageId: $messageId }) { message { id } } }',
  react: `mutation ($messageId: ID!, $emoji: String!) {
    addReaction(input: { messageId: $messageId, emoji: $emoji }) { message { id } } }`,
  unreact: `mutation ($messageId: ID!, $emoji: String!) {
    removeReaction(input: { messageId: $messageId, emoji: $emoji }) { message { id } } }`,
} as const
