import { setImmediate as turn } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { JoinedFrames } from '../../src/infrastructure/sockets/joined-frames.ts'

class Sink {
  readonly written: Buffer[] = []
  corked = 0

  write(frame: Buffer): void {
    this.written.push(frame)
  }

  cork(): void {
    this.corked += 1
  }

  uncork(): void {
    this.corked -= 1
  }
}

const writeAll = (joined: JoinedFrames, frames: readonly Buffer[]): Sink => {
  const sink = new Sink()
  for (const frame of frames) joined.add(frame)
  joined.writeTo(sink)
  expect(sink.corked).toBe(0)
  return sink
}

it('one frame goes out as it is', () => {
  const frame = Buffer.from('one')
  expect(writeAll(new JoinedFrames(), [frame]).written).toEqual([frame])
  expect(writeAll(new JoinedFrames(), []).written).toEqual([])
})

it('the same frames are joined once in a turn, others by themselves', async () => {
  const joined = new JoinedFrames()
  const frames = ['a', 'b', 'c'].map(text => Buffer.from(text))
  const [first] = writeAll(joined, frames).written
  const [second] = writeAll(joined, frames).written
  const [other] = writeAll(joined, frames.slice(1)).written
  expect(String(first)).toBe('abc')
  expect(second).toBe(first)
  expect(String(other)).toBe('bc')
  await turn()
  await turn()
  const [later] = writeAll(joined, frames).written
  expect(later).not.toBe(first)
  expect(String(later)).toBe('abc')
})

it('big ones are not copied', () => {
  const frames = [Buffer.alloc(10_000, 'a'), Buffer.alloc(10_000, 'b')]
  const { written } = writeAll(new JoinedFrames(), frames)
  expect(written[0]).toBe(frames[0])
  expect(written[1]).toBe(frames[1])
})

it('what was discarded is not written', () => {
  const joined = new JoinedFrames()
  joined.add(Buffer.from('lost'))
  joined.discard()
  expect(String(writeAll(joined, [Buffer.from('kept')]).written)).toBe('kept')
})
