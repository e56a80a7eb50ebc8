import { IntrusiveQueue, type QueueNode } from '../../delivery/streams/intrusive-queue.ts'
import { type FrameSink, JoinedFrames } from './joined-frames.ts'
import { TickScheduler, type TickTask } from './tick-scheduler.ts'

/** A stream of one connection, with the encoding of its protocol. */
export interface PumpSource extends QueueNode<PumpSource> {
  /** Whether the source is queued in its pump. Only the pump changes this. */
  ready: boolean
  /**
   * Takes items and adds their frames until none is available or their bytes exceed `room`. Returns the room that is left:
   * at 0 or less there may be more to take.
   */
  fill(frames: JoinedFrames, room: number): number
}

/** The socket or response that a pump writes to. */
export interface PumpSink extends FrameSink {
  readonly open: boolean
  /** Nothing may be written before `resume` is called. */
  readonly full: boolean
  /** Bytes that may be written. */
  readonly room: number
}

export interface PumpTarget {
  readonly sink: PumpSink
  /** Checked before each write. If it returns false, nothing is sent. */
  mayDeliver(): boolean
  /** Called when a source failed. The connection cannot continue. */
  deliveryFailed(error: unknown): void
}

/** State that all pumps of one transport share: frames are joined once for all sockets that get the same frames in one tick. */
export class PumpGroup {
  readonly joined = new JoinedFrames()
  readonly scheduler = new TickScheduler()
}

/**
 * Carries items from the streams of one connection to its socket while the socket has room. All frames of one turn of the
 * event loop are sent in one write. Items for which there is no room stay in the logs.
 */
export class StreamPump implements TickTask {
  due = false
  readonly #group: PumpGroup
  readonly #target: PumpTarget
  readonly #ready = new IntrusiveQueue<PumpSource>()
  #held = false
  #stopped = false

  constructor(group: PumpGroup, target: PumpTarget) {
    this.#group = group
    this.#target = target
  }

  /** Call it when the source may have items. */
  wake(source: PumpSource): void {
    this.#enqueue(source)
    this.resume()
  }

  /** Call it when the socket may have room again. */
  resume(): void {
    if (this.#ready.first !== undefined && !this.#held) this.#group.scheduler.schedule(this)
  }

  /** Sends nothing until `answer` resolves, so that an answer precedes the events of the subscription that it confirms. */
  async after(answer: () => Promise<void>): Promise<void> {
    this.#held = true
    try {
      await answer()
    } finally {
      this.#held = false
      // Not in the next tick: a client that subscribes repeatedly must still get its events.
      if (this.#ready.first !== undefined) this.run()
    }
  }

  stop(): void {
    this.#stopped = true
    this.#ready.clear()
  }

  /** A failure ends only this connection. */
  run(): void {
    const { sink } = this.#target
    if (this.#stopped || this.#held || !sink.open || sink.full || !this.#target.mayDeliver()) return
    try {
      this.#write(sink)
    } catch (error) {
      this.#group.joined.discard()
      this.#target.deliveryFailed(error)
    }
  }

  #write(sink: PumpSink): void {
    const { joined } = this.#group
    const { last } = this.#ready
    let { room } = sink
    for (let source = this.#ready.shift(); source !== undefined; source = this.#ready.shift()) {
      source.ready = false
      room = source.fill(joined, room)
      if (room <= 0) this.#enqueue(source)
      if (source === last) break
    }
    joined.writeTo(sink)
    if (!sink.full) this.resume()
  }

  #enqueue(source: PumpSource): void {
    if (source.ready) return
    source.ready = true
    this.#ready.add(source)
  }
}
