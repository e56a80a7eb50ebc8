import { describe, expect, it } from 'vitest'
import { DiskFile } from './disk-file.ts'
import { durableOrder } from './durable-order.ts'
import { fileWrite, parseTrace } from './system-calls.ts'

const wal = '22</data/messenger.db-wal>'
const socket = '30<socket:[777]>'
/** The header of a frame: the page's number, then the database's size where the frame ends a commit. */
const header = (commit: boolean): string =>
  `100 pwrite64(${wal}, "\\0\\0\\0\\2${commit ? '\\0\\0\\0\\t' : '\\0\\0\\0\\0'}abcdefghijklmnop", 24, 32) = 24`
const page = (text: string): string => `100 pwrite64(${wal}, "${text}", ${text.length}, 56) = ${text.length}`
const flush = `100 fsync(${wal}) = 0`
const answer = (text: string): string =>
  `100 write(${socket}, "HTTP/1.1 200 OK\\r\\n\\r\\n{\\"sent\\":\\"${text}\\"}", 60) = 60`
const event = (text: string): string =>
  `100 writev(${socket}, [{iov_base="\\201\\30", iov_len=2}, {iov_base="event ${text}", iov_len=12}], 2) = 14`

const order = (...lines: readonly string[]) =>
  durableOrder(parseTrace(lines.join('\n')), {
    mark: /mark-\d+;/g,
    kindOf: text => (text.includes('sent') ? 'answer' : 'event'),
  })

const early = (...lines: readonly string[]) =>
  order(...lines)
    .departures.filter(({ durable }) => !durable)
    .map(({ kind, mark }) => `${kind} ${mark}`)

describe('a trace of system calls', () => {
  it('has calls that others interrupted in one piece, with the places where they began and ended', () => {
    const calls = parseTrace(
      [
        '100 fsync(22</data/messenger.db-wal> <unfinished ...>',
        '101 write(9<pipe:[5]>, "*", 1 <unfinished ...>',
        '100 <... fsync resumed>)              = 0',
        '101 <... write resumed>) = 1',
        '100 --- SIGCHLD {si_signo=SIGCHLD} ---',
        '101 +++ exited with 0 +++',
      ].join('\n'),
    )
    expect(calls).toEqual([
      { thread: 100, name: 'fsync', began: 1, ended: 3, target: '/data/messenger.db-wal', arguments: wal, result: 0 },
      {
        thread: 101,
        name: 'write',
        began: 2,
        ended: 4,
        target: 'pipe:[5]',
        arguments: '9<pipe:[5]>, "*", 1',
        result: 1,
      },
    ])
  })

  it('has what failed, what was injected, and what never returned', () => {
    const never = Number.POSITIVE_INFINITY
    const calls = parseTrace(
      [
        `100 fsync(${wal}) = -1 EIO (Input/output error) (INJECTED)`,
        `100 fdatasync(${wal})  = ?`,
        '101 write(9<pipe:[5]>, ") = 1 <unfinished ...>", 22 <unfinished ...>) = ?',
        `102 fsync(${wal} <unfinished ...>`,
        '100 +++ killed by SIGKILL +++',
      ].join('\n'),
    )
    expect(calls.map(({ name, result, ended }) => [name, result, ended])).toEqual([
      ['fsync', -1, 1],
      ['fdatasync', undefined, never],
      ['write', undefined, never],
      ['fsync', undefined, never],
    ])
  })

  it('gives back the bytes that were written, and no more than were taken', () => {
    const [whole, short] = parseTrace(
      [
        `100 pwrite64(${wal}, "\\0\\1\\377\\0001\\"\\\\\\n)", 9, 4096) = 9`,
        `100 pwrite64(${wal}, "abcdef", 6, 0) = 2`,
      ].join('\n'),
    )
    expect(whole && fileWrite(whole)).toEqual({ bytes: Buffer.from([0, 1, 255, 0, 49, 34, 92, 10, 41]), offset: 4096 })
    expect(short && fileWrite(short).bytes.toString()).toBe('ab')
  })

  it('is refused where strace has left out a part of what was written, or a line makes no sense', () => {
    const [cut] = parseTrace(`100 pwrite64(${wal}, "abc"..., 6, 0) = 6`)
    expect(() => cut && fileWrite(cut)).toThrow('left out')
    expect(() => parseTrace('100 <... fsync resumed>) = 0')).toThrow('never began')
    expect(() => parseTrace('100 fsync(3')).toThrow('not a system call')
  })
})

describe('the order of flushes and answers', () => {
  it('is right where the flush returned before the answer and the event', () => {
    const lines = [
      header(false),
      page('mark-1;'),
      header(true),
      page('end'),
      flush,
      answer('mark-1;'),
      event('mark-1;'),
    ]
    expect(early(...lines)).toEqual([])
    expect(order(...lines).departures).toHaveLength(2)
    expect([...order(...lines).written]).toEqual(['mark-1;'])
  })

  it('is right where a later commit writes the same page again and is not yet flushed', () => {
    const first = [header(true), page('mark-1;'), flush]
    expect(early(...first, header(true), page('mark-1;mark-2;'), answer('mark-1;'), flush, event('mark-2;'))).toEqual(
      [],
    )
  })

  it('is wrong where an answer or an event leaves before the flush', () => {
    expect(early(header(true), page('mark-1;'), answer('mark-1;'), flush)).toEqual(['answer mark-1;'])
    expect(early(header(true), page('mark-1;'), event('mark-1;'), flush, answer('mark-1;'))).toEqual(['event mark-1;'])
    expect(early(header(true), page('mark-1;'), flush, header(true), page('mark-2;'), event('mark-2;'))).toEqual([
      'event mark-2;',
    ])
  })

  it('is wrong where the flush has not returned yet', () => {
    const [begins, returns] = [`100 fsync(${wal} <unfinished ...>`, '100 <... fsync resumed>) = 0']
    const sent = answer('mark-1;').replace('100', '101')
    expect(early(header(true), page('mark-1;'), begins, sent, returns)).toEqual(['answer mark-1;'])
    expect(early(header(true), page('mark-1;'), begins, returns, sent)).toEqual([])
    expect(early(header(true), page('mark-1;'), begins, sent)).toEqual(['answer mark-1;'])
  })

  it('is wrong where the flush returned an error', () => {
    const failed = `100 fsync(${wal}) = -1 EIO (Input/output error)`
    expect(early(header(true), page('mark-1;'), failed, answer('mark-1;'))).toEqual(['answer mark-1;'])
  })

  it('is wrong where the flush began before the write had ended', () => {
    const begins = `101 fdatasync(${wal} <unfinished ...>`
    const returns = '101 <... fdatasync resumed>) = 0'
    expect(early(begins, header(true), page('mark-1;'), returns, answer('mark-1;'))).toEqual(['answer mark-1;'])
    const [slow, done] = [`100 pwrite64(${wal}, "mark-1;", 7, 56 <unfinished ...>`, '100 <... pwrite64 resumed>) = 7']
    expect(early(header(true), slow, begins, done, returns, answer('mark-1;'))).toEqual(['answer mark-1;'])
  })

  it('is wrong where the flush came between the page with the mark and the end of its commit', () => {
    const lines = [header(false), page('mark-1;'), flush, header(true), page('end')]
    expect(early(...lines, answer('mark-1;'))).toEqual(['answer mark-1;'])
    expect(early(...lines, flush, answer('mark-1;'))).toEqual([])
  })

  it('is wrong where another file was flushed, or the mark was never written', () => {
    const other = '100 fsync(21</data/messenger.db>) = 0'
    expect(early(header(true), page('mark-1;'), other, answer('mark-1;'))).toEqual(['answer mark-1;'])
    expect(early(header(true), page('mark-2;'), flush, answer('mark-1;'))).toEqual(['answer mark-1;'])
    expect(order(answer('mark-1;')).written.size).toBe(0)
  })
})

describe('a file after a power cut', () => {
  const file = new DiskFile(
    '/data/messenger.db-wal',
    Buffer.from('0000'),
    parseTrace(
      [
        `100 pwrite64(${wal}, "ab", 2, 0) = 2`,
        `100 fsync(${wal} <unfinished ...>`,
        `101 pwrite64(${wal}, "cd", 2, 2) = 2`,
        '100 <... fsync resumed>) = 0',
        `100 pwrite64(${wal}, "${'x'.repeat(600)}", 600, 4) = 600`,
        `100 fsync(${wal}) = -1 EIO (Input/output error)`,
        `100 fsync(${wal}) = 0`,
      ].join('\n'),
    ),
  )

  it('holds what was written before a flush began that has returned without an error', () => {
    const surely = (place: number) => file.afterPowerCut(place, () => false).toString()
    expect([1, 4, 5, 7].map(surely)).toEqual(['0000', '0000', 'ab00', 'ab00'])
    expect(surely(8)).toBe(`abcd${'x'.repeat(600)}`)
  })

  it('holds any sectors of what was written since', () => {
    expect(file.afterPowerCut(4, () => true).toString()).toBe('abcd')
    const asked = [true, false, true]
    expect(file.afterPowerCut(7, () => asked.shift() ?? true).toString()).toBe(
      `abcd${'\0'.repeat(508)}${'x'.repeat(92)}`,
    )
  })
})
