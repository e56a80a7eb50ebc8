import { expect, it } from 'vitest'
import { hidePasswords } from '../../src/infrastructure/logging/url-passwords.ts'

it.each([
  ['postgres://ann:secret@db:5432/chat?sslmode=require', 'postgres://ann:PASSWORD@db:5432/chat?sslmode=require'],
  ['postgresql://ann:se/cr@et@db/chat', 'postgresql://ann:PASSWORD@db/chat'],
  ['postgres://db/chat?user=ann&password=secret&ssl=1', 'postgres://db/chat?user=ann&password=PASSWORD&ssl=1'],
  ["Unexpected argument 'postgres://ann:secret@db/chat'", "Unexpected argument 'postgres://ann:PASSWORD@db/chat'"],
  ['nats://ann:se@cret@one:4222,tls://token@two', 'nats://ann:PASSWORD@one:4222,tls://PASSWORD@two'],
  ['no answer of http://ann:secret@collector:4318/v1', 'no answer of http://ann:PASSWORD@collector:4318/v1'],
])('of %j the password is hidden', (text, shown) => {
  expect(hidePasswords(text)).toBe(shown)
})

it.each([
  'postgres://ann@db:5432/chat?application_name=a@b',
  'postgres://db:5432/chat?options=-c%20x@y',
  'nats://127.0.0.1:4222',
  'file:///data/ann@home/messenger.db',
  'at file:///work/node_modules/@nats-io/core.js:12:3',
  'http://127.0.0.1:4000/users/@ann',
])('%j stays as it is', text => {
  expect(hidePasswords(text)).toBe(text)
})

it.each([`${'a-'.repeat(32_768)}`, 'postgres://a:'.repeat(5000), 'nats://'.repeat(9000), `a:/${'/a:'.repeat(20_000)}`])(
  'a long text takes less than 250 ms',
  text => {
    const since = performance.now()
    hidePasswords(text)
    expect(performance.now() - since).toBeLessThan(250)
  },
)
