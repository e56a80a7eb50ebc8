import { describe, expect, it } from 'vitest'
import { pinoLogger } from '../../src/infrastructure/logging/pino-logger.ts'
import type { Logger } from '../../src/services/telemetry/logger.ts'

const logged = (write: (log: Logger) => void, level: 'debug' | 'info' | 'silent' = 'debug'): string => {
  let lines = ''
  const destination = {
    write: (line: string): void => {
      lines += line
    },
  }
  write(pinoLogger({ level, destination }))
  return lines
}
const fieldsOf = (fields: object): string => logged(log => log.info(fields, 'something happened'))

const token = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl'

describe('a log line', () => {
  it('is one JSON object with level, time, fields and message', () => {
    const line = logged(log => log.warn({ connectionId: 'c1', count: 2 }, 'a slow reader'))
    expect(line.endsWith('}\n')).toBe(true)
    expect(JSON.parse(line)).toEqual({
      level: 'warn',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      connectionId: 'c1',
      count: 2,
      msg: 'a slow reader',
    })
  })

  it('is not written below the level', () => {
    expect(logged(log => log.debug({}, 'x'), 'info')).toBe('')
    expect(logged(log => log.error({}, 'x'), 'silent')).toBe('')
  })

  it.each([
    ['an Authorization header', { headers: { Authorization: `Bearer ${token}` } }],
    ['raw headers', { rawHeaders: ['Host', 'chat', 'Authorization', `Bearer ${token}`] }],
    ['a token field', { token: 'anything at all: the-secret' }],
    ['a token deep inside', { a: { b: [{ c: { payload: { Token: 'the-secret' } } }] } }],
    ['a token in a sentence', { reason: `cannot read "Bearer ${token}"` }],
    ['a bare token', { input: token }],
    ['a header in a Map', { headers: new Map([['authorization', 'the-secret']]) }],
    ['an error with a token', { error: new Error(`bad token ${token}`, { cause: new Error(`Bearer ${token}`) }) }],
    ['a text', { message: { content: { kind: 'text', text: 'the-secret' } } }],
    ['a text by itself', { input: { text: 'the-secret' } }],
    ['properties of a foreign error', { error: Object.assign(new Error('x'), { source: 'the-secret' }) }],
    ["a database's URL", { error: new Error('no answer of postgres://ann:the-secret@db/chat') }],
    ['bytes', { frame: Buffer.from('the-secret') }],
  ])('leaks nothing of %s', (_what, fields) => {
    const line = fieldsOf(fields)
    expect(JSON.parse(line)).toMatchObject({ msg: 'something happened' })
    expect(line).not.toContain('the-secret')
    expect(line).not.toContain(token.slice(-12))
    expect(line).not.toContain('eyJ')
  })

  it('leaks no token in its message', () => {
    expect(logged(log => log.info({}, `refused Bearer ${token}`))).not.toContain('eyJ')
  })

  it('tells of an error its type, message, code, stack and causes', () => {
    const cause = Object.assign(new Error('disk full'), { code: 'SQLITE_FULL' })
    const { error } = JSON.parse(fieldsOf({ error: new TypeError('no', { cause }) }))
    expect(error).toMatchObject({
      type: 'TypeError',
      message: 'no',
      cause: { message: 'disk full', code: 'SQLITE_FULL' },
    })
    expect(error.stack).toContain('pino-logger.test.ts')
  })

  it('survives circles, big integers and great arrays', () => {
    const circle: Record<string, unknown> = { big: 10n, many: Array.from({ length: 10_000 }, (_, index) => index) }
    circle.self = circle
    const fields = JSON.parse(fieldsOf(circle))
    expect(fields.big).toBe('10')
    expect(fields.many).toHaveLength(100)
  })

  it('is bounded, however tangled its fields are', () => {
    const knot: Record<string, unknown> = {}
    for (let strand = 0; strand < 50; strand += 1) knot[`strand${strand}`] = knot
    expect(fieldsOf(knot).length).toBeLessThan(30_000)
  })
})
