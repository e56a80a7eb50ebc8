const member = 'node { id role joinedAt user { id displayName avatarUrl } }'

/** What a client may ask of a large server, each the largest page of its kind. Variables are `group` and `room`. */
export const largeQueries: Readonly<Record<string, string>> = {
  'the newest conversation': '{ conversations(first: 1) { edges { node { id } } } }',
  'a page of conversations': `{ conversations(first: 100) { pageInfo { endCursor } edges { node {
    id name memberCount heroes { displayName } lastMessage { id } viewerMembership { role } } } } }`,
  'conversations of a kind that she has none of':
    '{ conversations(first: 100, filter: { kinds: [DIRECT] }) { edges { node { id } } } }',
  'a page of members': `query($group: ID!) { conversation(id: $group) { members(first: 1000) { edges { ${member} } } } }`,
  'members by a common beginning': `query($group: ID!) { conversation(id: $group) { members(first: 1000, search: "m") { edges { ${member} } } } }`,
  'members by a rare beginning': `query($group: ID!) { conversation(id: $group) { members(first: 1000, search: "rare") { edges { ${member} } } } }`,
  'members by what no one is called': `query($group: ID!) { conversation(id: $group) { members(search: "nobody") { edges { ${member} } } } }`,
  'users by a common beginning': '{ users(search: "m", first: 100) { edges { node { id displayName } } } }',
  'users by an id': '{ users(search: "m-", first: 100) { edges { node { id displayName } } } }',
  channels: '{ channels(first: 100) { edges { node { id name memberCount } } } }',
  'channels by name': '{ channels(first: 100, search: "conversation 1") { edges { node { id name } } } }',
  'a page of a log': `query($room: ID!) { events(conversationId: $room, after: 300, first: 1000) { events {
    sequence ... on MessageCreated { message { id content { text } author { id displayName } reactions { emoji count } } } } } }`,
  'a page of messages': `query($room: ID!) { conversation(id: $room) { messages(last: 100) { edges { node {
    id content { text } author { id displayName } reactions { emoji count users { id } } } } } } }`,
  'members of several conversations': `{ conversations(first: 19) { edges { node {
    id members(first: 1000) { edges { ${member} } } } } } }`,
  'many searches at once': `query($group: ID!) { conversation(id: $group) { ${Array.from(
    { length: 10 },
    (_, index) =>
      `s${index}: members(search: "member ${index}", first: 50) { edges { node { id user { displayName } } } }`,
  ).join(' ')} } }`,
}
