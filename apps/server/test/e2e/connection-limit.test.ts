import { expect, it } from 'vitest'
import { Team } from './team.ts'

it('a user holds so many connections, over all protocols together, and streams of events are among them', async () => {
  await using team = await Team.start({ MAX_CONNECTIONS_PER_USER: '2' })
  const cut = new AbortController()
  const stream = () =>
    fetch(`${team.server.url}/graphql`, {
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
  await using plain = await team.plain('bob')
  await plain.frame('Connected')
  expect((await stream()).status).toBe(429)
  await using refused = await team.plain('bob')
  expect((await refused.closed()).code).toBe(4429)
  await using other = await team.plain('alice')
  await other.frame('Connected')
  cut.abort()
  await expect
    .poll(async () =>
      (await team.plain('bob')).frame('Connected').then(
        () => 'connected',
        () => 'refused',
      ),
    )
    .toBe('connected')
})
