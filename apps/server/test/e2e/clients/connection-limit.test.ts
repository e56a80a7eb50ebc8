import { expect, it } from 'vitest'
import { PlainClient } from '../server/plain-client.ts'
import { Team } from '../server/team.ts'

it('a user holds so many connections to a node, over all protocols together, and streams of events are among them', async () => {
  await using team = await Team.start({ MAX_CONNECTIONS_PER_USER: '2' })
  const node = team.server.next()
  const plainAs = (who: 'alice' | 'bob') => PlainClient.connect(node, team.tokens[who])
  const cut = new AbortController()
  const stream = () =>
    fetch(`${node.url}/graphql`, {
      method: 'POST',
      signal: cut.signal,
      headers: {
        authorization: `Bearer ${team.tokens.bob}`,
        accept: 'text/event-stream',
        'content-type': 'application/json',
      },
      body: JSON.stringify({ query: 'subscription { inboxEvents { __typename } }' }),
    })
  expect((await stream()).status).toBe(200)
  await using plain = await plainAs('bob')
  await plain.frame('Connected')
  expect((await stream()).status).toBe(429)
  await using refused = await plainAs('bob')
  expect((await refused.closed()).code).toBe(4429)
  await using other = await plainAs('alice')
  await other.frame('Connected')
  cut.abort()
  await expect
    .poll(async () =>
      (await plainAs('bob')).frame('Connected').then(
        () => 'connected',
        () => 'refused',
      ),
    )
    .toBe('connected')
})
