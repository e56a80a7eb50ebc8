import { type ConversationId, maxSequence, parseConversationId } from '@cpc-messenger/messenger'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  InboxPosition,
  laterInboxPosition,
  maxPositionLength,
  parseInboxPosition,
} from '../../../../src/delivery/inbox/inbox-position.ts'
import { laterMark } from '../../../../src/infrastructure/storage/reads/logs/commit-mark.ts'
import { user } from '../../../backend.ts'

const conversation = (index: number): ConversationId => {
  const id = parseConversationId(`conv_01h455vb4pex5vsknk084${String(index).padStart(5, '0')}`)
  if (id === undefined) throw new TypeError('no conversation id')
  return id
}

const start = { mark: 'm1', sequences: new Map() }
const entry = `${conversation(1).slice('conv_'.length)}`

describe('The text of an inbox position', () => {
  it('holds the mark, and how far the conversations have come since', () => {
    const position = new InboxPosition(start)
    expect(position.text).toBe('m1')
    position.delivered(conversation(1), 35)
    position.delivered(conversation(1), 36)
    expect(position.text).toBe(`m1~${entry}.10`)
    expect(parseInboxPosition(position.text)).toEqual({ mark: 'm1', sequences: new Map([[conversation(1), 36]]) })
  })

  it('is that of earlier versions where nothing came since', () => {
    expect(parseInboxPosition('m1z')).toEqual({ mark: 'm1z', sequences: new Map() })
  })

  it('fits into a header, however much came, and tells of what came last', () => {
    const sequence = fc.integer({ min: 1, max: maxSequence })
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(300), sequence), { minLength: 1, maxLength: 400 }), events => {
        const position = new InboxPosition({ mark: `m${'z'.repeat(10)}`, sequences: new Map() })
        const newest = new Map<ConversationId, number>()
        for (const [index, at] of events) {
          const id = conversation(index)
          position.delivered(id, at)
          newest.set(id, Math.max(at, newest.get(id) ?? 0))
        }
        expect(position.text.length).toBeLessThanOrEqual(maxPositionLength)
        const sequences = parseInboxPosition(position.text)?.sequences ?? new Map()
        for (const [id, at] of sequences) expect(at).toBeLessThanOrEqual(newest.get(id) ?? 0)
        const last = [...new Set(events.map(([index]) => index).toReversed())].slice(0, 50).map(conversation)
        expect([...sequences.keys()]).toEqual(expect.arrayContaining(last))
      }),
    )
  })

  it.each([
    '~',
    'm1~',
    'm1~x.1',
    `m1~${entry}`,
    `m1~${entry}.`,
    `m1~${entry}.-1`,
    `m1~${entry}.1.5`,
    `m1~${entry}.zzzzzz`,
    `m1~${entry}.1~`,
    `m1~${entry.toUpperCase()}.1`,
    `m1~${'u'.repeat(26)}.1`,
    'm1'.padEnd(5000, '1'),
    `m1${`~${entry}.1`.repeat(200)}`,
  ])('is none where it was forged: %s', text => {
    expect(parseInboxPosition(text)).toBeUndefined()
  })
})

describe('A position', () => {
  it('moves on by a reading of the store: what that showed is listed no more, what came after it began is', () => {
    const position = new InboxPosition({ mark: 'm1', sequences: new Map([[conversation(7), 70]]) })
    position.delivered(conversation(1), 5)
    const { count } = position
    position.delivered(conversation(2), 8)
    position.delivered(conversation(3), 9)
    const heads = new Map([
      [conversation(1), 5],
      [conversation(2), 8],
      [conversation(3), 8],
    ])
    const ahead = [{ conversationId: conversation(4), sequence: 11 }]
    position.advance({ userId: user('bob'), mark: 'm2', ahead }, count, heads)
    expect(parseInboxPosition(position.text)).toEqual({
      mark: 'm2',
      sequences: new Map([
        [conversation(3), 9],
        [conversation(4), 11],
      ]),
    })
  })

  it('of two is the later one in each conversation, and one that is none wins', () => {
    const [first, second] = [new InboxPosition({ ...start, mark: 'mz' }), new InboxPosition({ ...start, mark: 'm10' })]
    for (const [position, at] of [
      [first, 5],
      [second, 3],
    ] as const)
      position.delivered(conversation(1), at)
    first.delivered(conversation(2), 1)
    second.delivered(conversation(3), 2)
    const later = laterInboxPosition(first.text, second.text, { laterMark })
    expect(laterInboxPosition(second.text, first.text, { laterMark }).length).toBe(later.length)
    expect(parseInboxPosition(later)).toEqual({
      mark: 'm10',
      sequences: new Map([
        [conversation(1), 5],
        [conversation(2), 1],
        [conversation(3), 2],
      ]),
    })
    expect(laterInboxPosition('m1~x', first.text, { laterMark })).toBe('m1~x')
    expect(laterInboxPosition(first.text, 'm1~x', { laterMark })).toBe('m1~x')
  })
})
