import { describe, expect, it } from 'vitest'
import { tokenFor } from '../../../e2e/server/running-server.ts'
import { GraphQLTransport, HttpTransport, type Outcome, PlainTransport } from '../../clients/transports.ts'
import { WholeServer } from '../../clients/whole-server.ts'

const viewer = '{ viewer { user { id } } }'
const few = { RATE_LIMIT_SIGN_INS: '0.1/3' }

const openings: Readonly<Record<string, (url: string, token: string) => Promise<Outcome>>> = {
  http: (url, token) => new HttpTransport(url, token).ask(viewer),
  sse: (url, token) => new HttpTransport(url, token).ask(viewer, {}, 'text/event-stream'),
  'graphql-transport-ws': async (url, token) => (await GraphQLTransport.open(url, token)).outcome,
  'messenger.v1': async (url, token) => (await PlainTransport.open(url, token)).outcome,
}

const limited = ({ code, status }: Outcome): boolean => code === 'RATE_LIMITED' || status === 1013 || status === 4429

/** Signed by someone else: only verifying it tells. */
const forged = async (name: string): Promise<string> => {
  const [head, claims, signature = ''] = (await tokenFor(name)).split('.')
  return [head, claims, [...signature].toReversed().join('')].join('.')
}

describe.each(Object.entries(openings))('failed authentications on %s', (_transport, open) => {
  it('are refused with RATE_LIMITED after some, and valid tokens get in all the same, new ones too', async () => {
    await using server = await WholeServer.start(few)
    const outcomes: Outcome[] = []
    for (let time = 0; time < 5; time += 1) outcomes.push(await open(server.url, await forged(`user${time}`)))
    expect(outcomes.map(limited)).toEqual([false, false, false, true, true])
    expect(outcomes[4]?.retryAfterMs).toBeGreaterThan(1000)
    for (const name of ['alice', 'bob', 'carol'])
      expect(limited(await open(server.url, await tokenFor(name)))).toBe(false)
    expect(limited(await open(server.url, await forged('again')))).toBe(true)
    expect(await server.metric('messenger_limit_refusals_total{limit="signIns"}')).toBe(3)
  })
})

describe('addresses', () => {
  const askFrom = async (server: WholeServer, forwarded: string): Promise<number | undefined> => {
    const headers = { 'x-forwarded-for': forwarded }
    return (await new HttpTransport(server.url, await forged('mallory'), headers).ask(viewer)).status
  }

  it('behind a trusted proxy are distinguished, IPv6 by its /64', async () => {
    await using server = await WholeServer.start({ ...few, TRUSTED_PROXIES: '127.0.0.1' })
    for (let time = 0; time < 3; time += 1) await askFrom(server, '198.51.100.7')
    expect(await askFrom(server, '198.51.100.7')).toBe(429)
    expect(await askFrom(server, '203.0.113.1, 198.51.100.7')).toBe(429)
    expect(await askFrom(server, '198.51.100.8')).toBe(401)
    for (let time = 0; time < 3; time += 1) await askFrom(server, `2001:db8:1:2::${time}`)
    expect(await askFrom(server, '2001:db8:1:2:ffff::9')).toBe(429)
    expect(await askFrom(server, '2001:db8:1:3::1')).toBe(401)
  })

  it('that no one vouches for are those of the connection', async () => {
    await using server = await WholeServer.start(few)
    for (let time = 0; time < 3; time += 1) expect(await askFrom(server, `198.51.100.${time}`)).toBe(401)
    expect(await askFrom(server, '198.51.100.9')).toBe(429)
  })

  it('that fail at full speed have their answers held back', async () => {
    await using server = await WholeServer.start(few)
    const token = await forged('mallory')
    const begun = performance.now()
    const deadline = begun + 2500
    let failures = 0
    const attack = async (): Promise<void> => {
      while (performance.now() < deadline) {
        await new HttpTransport(server.url, token).ask(viewer)
        failures += 1
      }
    }
    await Promise.all(Array.from({ length: 20 }, attack))
    // 3 and 100 at once and 10 a second; then each of the 20 has one answer a second.
    expect(failures).toBeLessThan(103 + 4 * (20 + 10))
  })
})
