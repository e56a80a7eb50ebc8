import { type ConversationId, parseConversationId } from '@cpc-messenger/messenger'
import { describe, expect, it } from 'vitest'
import type { ResumePoint } from '../../src/infrastructure/graphql/operations/caller.ts'
import { parseResumePosition, ResumePosition } from '../../src/infrastructure/graphql/subscriptions/resume-position.ts'
import { laterInboxStart, laterLogStart } from '../../src/infrastructure/graphql/subscriptions/resuming.ts'

const conversation = (last: string): ConversationId => {
  const id = parseConversationId(`conv_01h455vb4pex5vsknk084sn0${last}`)
  if (id === undefined) throw new TypeError('no conversation id')
  return id
}
const one = conversation('2q')
const other = conversation('3q')
const epoch = 'now'
const store = { epoch, laterMark: (mark: string, another: string) => (mark > another ? mark : another) }
const resume = (more: Partial<ResumePoint>): ResumePoint => ({ positions: new Map(), ...more })

describe('A subscription to a log starts', () => {
  it('at the later of its own position and that of its connection', () => {
    const point = resume({ positions: new Map([[one, 41]]), epoch })
    expect(laterLogStart({ after: 7 }, one, point, epoch)).toEqual({ after: 41, epoch })
    expect(laterLogStart({ after: 70 }, one, point, epoch)).toEqual({ after: 70, epoch })
    expect(laterLogStart({}, one, point, epoch)).toEqual({ after: 41, epoch })
    expect(laterLogStart({ after: 7 }, other, point, epoch)).toEqual({ after: 7, epoch })
    expect(laterLogStart({ after: 7 }, one, undefined, epoch)).toEqual({ after: 7, epoch: undefined })
  })

  it('at the position that is of this epoch, and is refused where neither is', () => {
    const point = (of: string) => resume({ positions: new Map([[one, 41]]), epoch: of })
    expect(laterLogStart({ after: 70, epoch: 'before' }, one, point(epoch), epoch)).toEqual({ after: 41, epoch })
    expect(laterLogStart({ after: 7, epoch }, one, point('before'), epoch)).toEqual({ after: 7, epoch })
    expect(laterLogStart({ after: 7, epoch: 'before' }, one, point('before'), epoch).epoch).toBe('before')
  })
})

describe('A subscription to an inbox starts', () => {
  it('at the later mark, and the later position of each conversation', () => {
    const point = resume({ from: '9', positions: new Map([[one, 41]]), epoch })
    const own = {
      from: '5',
      after: new Map([
        [one, 7],
        [other, 3],
      ]),
    }
    expect(laterInboxStart(own, point, store)).toEqual({
      from: '9',
      after: new Map([
        [one, 41],
        [other, 3],
      ]),
      epoch,
    })
    expect(laterInboxStart({}, point, store)).toEqual({ from: '9', after: new Map([[one, 41]]), epoch })
    expect(laterInboxStart(own, resume({}), store)).toEqual({ ...own, epoch: undefined })
  })

  it('and refuses the position of a single log', () => {
    expect(() => laterInboxStart({}, resume({ sequence: 4 }), store)).toThrow('Last-Event-ID')
  })
})

describe('A resume position', () => {
  const event = (conversationId: ConversationId, sequence: number) =>
    ({
      kind: 'event',
      event: {
        type: 'ConversationUpdated',
        conversationId,
        sequence,
        occurredAt: 0,
        actorId: null,
        threadRootId: null,
      },
    }) as const

  it('of a log is read back as it was', () => {
    const position = new ResumePosition(epoch)
    position.took(event(one, 41), undefined)
    expect(position.text).toBeUndefined()
    position.handedOn(event(one, 41))
    expect(parseResumePosition(position.text ?? '')).toEqual({ kind: 'log', sequence: 41, epoch })
    expect(parseResumePosition('41')).toEqual({ kind: 'log', sequence: 41, epoch: undefined })
  })

  it('of an inbox is right after the item that was delivered last, however many were read since', () => {
    const position = new ResumePosition(epoch)
    const [first, second] = [event(one, 1), event(other, 5)]
    position.took(first, 'm1~01h455vb4pex5vsknk084sn02q.1')
    position.took(second, 'm2')
    position.handedOn(first)
    const from = 'm1~01h455vb4pex5vsknk084sn02q.1'
    expect(parseResumePosition(position.text ?? '')).toEqual({
      kind: 'inbox',
      resume: { epoch, from, positions: new Map() },
    })
    position.handedOn(second)
    expect(parseResumePosition(position.text ?? '')).toMatchObject({ resume: { from: 'm2' } })
  })

  it('of an inbox without a mark is relative to the positions that the subscription started with', () => {
    const position = new ResumePosition(epoch)
    const [first, second] = [event(one, 1), event(one, 2)]
    position.took(first, '')
    position.took(second, '~01h455vb4pex5vsknk084sn02q.1e')
    position.handedOn(first)
    expect(position.text).toBeUndefined()
    position.handedOn(second)
    expect(parseResumePosition(position.text ?? '')).toEqual({
      kind: 'inbox',
      resume: { epoch, positions: new Map([[one, 50]]) },
    })
  })

  it('of an earlier version is understood', () => {
    const text = Buffer.from(JSON.stringify([epoch, 'm1', [one, 2], [other, 5]])).toString('base64url')
    const positions = new Map([
      [one, 2],
      [other, 5],
    ])
    expect(parseResumePosition(text)).toEqual({ kind: 'inbox', resume: { epoch, from: 'm1', positions } })
  })

  it('is undefined for text that the server never sent', () => {
    for (const text of [
      '',
      'x',
      '-1',
      '1@',
      'W10',
      '99999999999',
      '@now',
      '~@now',
      'm1~@now',
      'm1~x.1@now',
      Buffer.from('[1,2]').toString('base64url'),
    ])
      expect(parseResumePosition(text), text).toBeUndefined()
  })
})
