import { type ControlFrame, encodeServerFrame } from '@cpc-messenger/protocol'
import type { StreamItem } from '../../delivery/log/stream-item.ts'
import { IntrusiveQueue } from '../../delivery/streams/intrusive-queue.ts'
import type { Meter } from '../../services/telemetry/meter.ts'
import type { JoinedFrames } from '../sockets/joined-frames.ts'
import type { SocketWriter } from '../sockets/socket-writer.ts'
import { textFrame } from '../sockets/text-frame.ts'
import type { TickScheduler, TickTask } from '../sockets/tick-scheduler.ts'
import type { EncodedEvents } from './encoded-events.ts'
import { refusalFrame } from './error-frame.ts'
import type { Source, SourceConsumer, Subscriptions } from './subscriptions.ts'

/** What the pumps of all connections have in common. */
export interface CommonPumpParts {
  readonly encoded: EncodedEvents
  readonly joined: JoinedFrames
  readonly scheduler: TickScheduler
  readonly meter: Meter
}

export interface PumpOwner {
  readonly writer: SocketWriter
  readonly epoch: string
  /** Asked before each turn; nothing is sent where it answers false. */
  mayDeliver(): boolean
  failed(error: unknown): void
}

/** Carries items from the streams of one connection to its socket, as far as the socket has room. */
export class EventPump implements TickTask, SourceConsumer {
  due = false
  readonly #common: CommonPumpParts
  readonly #owner: PumpOwner
  readonly #ready = new IntrusiveQueue<Source>()
  #subscriptions: Subscriptions | undefined
  #held = false

  constructor(common: CommonPumpParts, owner: PumpOwner) {
    this.#common = common
    this.#owner = owner
  }

  /** Where the streams belong; nothing is sent before. */
  attach(subscriptions: Subscriptions): void {
    this.#subscriptions = subscriptions
  }

  wake(source: Source): void {
    this.#keepReady(source)
    this.resume()
  }

  /** There may be room again. */
  resume(): void {
    if (this.#ready.first !== undefined && !this.#held) this.#common.scheduler.schedule(this)
  }

  /** Nothing is sent while `answer` is being worked out, so that what it answers comes before what it begins. */
  async after(answer: () => Promise<void>): Promise<void> {
    this.#held = true
    try {
      await answer()
    } finally {
      this.#held = false
      // At once: a client that subscribes again and again must not starve itself of its events.
      if (this.#ready.first !== undefined) this.run()
    }
  }

  stop(): void {
    this.#subscriptions = undefined
    this.#ready.clear()
  }

  run(): void {
    const { writer } = this.#owner
    const subscriptions = this.#subscriptions
    if (subscriptions === undefined || this.#held || !writer.open || writer.full || !this.#owner.mayDeliver()) return
    try {
      this.#deliver(writer, subscriptions)
    } catch (error) {
      this.#common.joined.discard()
      this.#owner.failed(error)
    }
  }

  #keepReady(source: Source): void {
    if (source.ready) return
    source.ready = true
    this.#ready.add(source)
  }

  #deliver(writer: SocketWriter, subscriptions: Subscriptions): void {
    const { joined } = this.#common
    const { last } = this.#ready
    let { room } = writer
    for (let source = this.#ready.shift(); source !== undefined; source = this.#ready.shift()) {
      source.ready = false
      room = this.#drain(source, subscriptions, room)
      if (source === last) break
    }
    joined.writeTo(writer)
    if (!writer.full) this.resume()
  }

  /** Answers the room that is left. */
  #drain(source: Source, subscriptions: Subscriptions, room: number): number {
    const { encoded, joined, meter } = this.#common
    let left = room
    let delivered = 0
    while (left > 0) {
      const item = source.stream.take()
      if (item === undefined) break
      if (item.kind === 'event') {
        delivered += 1
        const frame = encoded.frameOf(item)
        joined.add(frame)
        left -= frame.length
      } else left -= this.#tell(item, source, subscriptions)
    }
    if (left <= 0) this.#keepReady(source)
    if (delivered > 0) meter.delivered('websocket', delivered)
    return left
  }

  /** Answers how many bytes that takes. */
  #tell(item: Exclude<StreamItem, { kind: 'event' }>, source: Source, subscriptions: Subscriptions): number {
    let bytes = 0
    for (const told of this.#framesOf(item, source, subscriptions)) {
      const frame = textFrame(encodeServerFrame(told))
      this.#common.joined.add(frame)
      bytes += frame.length
    }
    return bytes
  }

  #framesOf(
    item: Exclude<StreamItem, { kind: 'event' }>,
    source: Source,
    subscriptions: Subscriptions,
  ): readonly ControlFrame[] {
    if (item.kind === 'ended') return subscriptions.ended(source, item.conversationId)
    if (item.kind === 'refused') return [refusalFrame(subscriptions.inboxFrameId, item.refusal)]
    const { conversationId, position, sequence, live } = item
    const ofReactions = source.messageId === undefined ? {} : { messageId: source.messageId }
    const { epoch } = this.#owner
    return [{ type: 'StreamPosition', conversationId, ...ofReactions, epoch, position, sequence, live }]
  }
}
