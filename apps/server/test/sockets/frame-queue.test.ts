import { describe, expect, it } from 'vitest'
import { FrameQueue } from '../../src/infrastructure/sockets/frame-queue.ts'

interface Frame {
  readonly name: string
  readonly bytes: number
}

const frame = (name: string, bytes = 10): Frame => ({ name, bytes })

class Source {
  paused = false
  pause(): void {
    this.paused = true
  }
  resume(): void {
    this.paused = false
  }
}

/** A queue whose frames are handled when `next` is called. */
const held = () => {
  const source = new Source()
  const handled: string[] = []
  const waiting: (() => void)[] = []
  const queue = new FrameQueue<Frame>(({ name }) => {
    handled.push(name)
    return new Promise(resolve => waiting.push(resolve))
  }, source)
  const next = async (): Promise<void> => {
    waiting.shift()?.()
    await new Promise(setImmediate)
  }
  return { source, handled, queue, next }
}

describe('a frame queue', () => {
  it('handles a frame before push returns where its handling is synchronous', () => {
    const handled: string[] = []
    const queue = new FrameQueue<Frame>(({ name }) => void handled.push(name), new Source())
    queue.push(frame('a'))
    queue.push(frame('b'))
    expect(handled).toEqual(['a', 'b'])
  })

  it('handles frames in order, each after the one before it', async () => {
    const { handled, queue, next } = held()
    for (const name of ['a', 'b', 'c']) queue.push(frame(name))
    expect(handled).toEqual(['a'])
    await next()
    expect(handled).toEqual(['a', 'b'])
    await next()
    expect(handled).toEqual(['a', 'b', 'c'])
  })

  it.each([
    ['16 frames', 16, 10],
    ['64 KiB', 2, 32_768],
  ])('pauses its source while %s wait, and resumes it when none does', async (_, count, bytes) => {
    const { source, queue, next } = held()
    queue.push(frame('first'))
    for (let index = 1; index < count; index += 1) queue.push(frame('waiting', bytes))
    expect(source.paused).toBe(false)
    queue.push(frame('last', bytes))
    expect(source.paused).toBe(true)
    for (let index = 0; index < count; index += 1) await next()
    expect(source.paused).toBe(true)
    await next()
    expect(source.paused).toBe(false)
  })

  it('drops the frames that wait when it is cleared', async () => {
    const { source, handled, queue, next } = held()
    for (let index = 0; index < 20; index += 1) queue.push(frame(String(index)))
    expect(source.paused).toBe(true)
    queue.clear()
    expect(source.paused).toBe(false)
    await next()
    expect(handled).toEqual(['0'])
    queue.push(frame('after'))
    expect(handled).toEqual(['0', 'after'])
  })
})
