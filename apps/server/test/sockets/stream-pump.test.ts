import { describe, expect, it } from 'vitest'
import type { JoinedFrames } from '../../src/infrastructure/sockets/joined-frames.ts'
import { PumpGroup, type PumpSink, type PumpSource, StreamPump } from '../../src/infrastructure/sockets/stream-pump.ts'

/** Takes bytes until its capacity is used up. */
class Sink implements PumpSink {
  open = true
  capacity: number
  readonly writes: string[] = []

  constructor(capacity: number) {
    this.capacity = capacity
  }

  get full(): boolean {
    return this.room <= 0
  }

  get room(): number {
    return this.capacity - this.writes.join('').length
  }

  write(frame: Buffer): void {
    this.writes.push(frame.toString())
  }

  cork(): void {}
  uncork(): void {}
}

class Source implements PumpSource {
  ready = false
  next: PumpSource | undefined
  readonly items: string[]

  constructor(...items: string[]) {
    this.items = items
  }

  fill(frames: JoinedFrames, room: number): number {
    let left = room
    for (let item = left > 0 ? this.items.shift() : undefined; item !== undefined; ) {
      if (item === 'broken') throw new Error(item)
      frames.add(Buffer.from(item))
      left -= item.length
      item = left > 0 ? this.items.shift() : undefined
    }
    return left
  }
}

const tick = (): Promise<void> => new Promise(setImmediate)

const pumping = (capacity = 1000) => {
  const sink = new Sink(capacity)
  const errors: unknown[] = []
  const target = { sink, mayDeliver: () => true, deliveryFailed: (error: unknown) => errors.push(error) }
  const group = new PumpGroup()
  return { sink, errors, target, group, pump: new StreamPump(group, target) }
}

describe('a stream pump', () => {
  it('writes what all sources of one tick have in one write, in the order in which they woke', async () => {
    const { sink, pump } = pumping()
    pump.wake(new Source('b', 'c'))
    pump.wake(new Source('a'))
    expect(sink.writes).toEqual([])
    await tick()
    expect(sink.writes).toEqual(['bca'])
  })

  it('takes no more than the socket has room for, and goes on when it has drained', async () => {
    const { sink, pump } = pumping(2)
    const [first, second] = [new Source('on', 'in'), new Source('to')]
    pump.wake(first)
    pump.wake(second)
    await tick()
    expect([sink.writes, first.items, second.items]).toEqual([['on'], ['in'], ['to']])
    pump.resume()
    await tick()
    expect(sink.writes).toEqual(['on'])
    sink.capacity = 1000
    pump.resume()
    await tick()
    expect(sink.writes).toEqual(['on', 'into'])
  })

  it('sends an answer before the events that come meanwhile', async () => {
    const { sink, pump } = pumping()
    await pump.after(async () => {
      pump.wake(new Source('event'))
      await tick()
      await tick()
      sink.write(Buffer.from('answer'))
    })
    expect(sink.writes).toEqual(['answer', 'event'])
  })

  it('ends its own connection where a source fails, and leaves nothing for the next one', async () => {
    const { errors, sink, pump, group } = pumping()
    const other = { sink: new Sink(1000), mayDeliver: () => true, deliveryFailed: () => undefined }
    pump.wake(new Source('lost', 'broken'))
    new StreamPump(group, other).wake(new Source('fine'))
    await tick()
    expect([errors.length, sink.writes, other.sink.writes]).toEqual([1, [], ['fine']])
  })

  it.each(['closed', 'stopped', 'expired'])('writes nothing once its connection is %s', async why => {
    const { sink, target, pump } = pumping()
    const source = new Source('late')
    pump.wake(source)
    if (why === 'closed') sink.open = false
    else if (why === 'stopped') pump.stop()
    else target.mayDeliver = () => false
    await tick()
    expect([sink.writes, source.items]).toEqual([[], ['late']])
  })
})
