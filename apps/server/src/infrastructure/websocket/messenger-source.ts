import type { MessageId } from '@cpc-messenger/messenger'
import { type ControlFrame, encodeServerFrame } from '@cpc-messenger/protocol'
import type { StreamItem } from '../../delivery/log/stream-item.ts'
import type { EventStream, StreamConsumer } from '../../delivery/streams/event-stream.ts'
import type { SubscriptionService } from '../../delivery/streams/subscription-service.ts'
import type { Actor } from '../../services/identity/actor.ts'
import type { Meter } from '../../services/telemetry/meter.ts'
import type { JoinedFrames } from '../sockets/joined-frames.ts'
import type { PumpSource, StreamPump } from '../sockets/stream-pump.ts'
import { textFrame } from '../sockets/text-frame.ts'
import type { EncodedEvents } from './encoded-events.ts'

export interface SourceDependencies {
  readonly subscriptionService: SubscriptionService
  readonly viewer: Actor
  readonly meter: Meter
  readonly encoded: EncodedEvents
  readonly pump: StreamPump
}

/** An item of a stream that is not an event. */
export type Notice = Exclude<StreamItem, { kind: 'event' }>

/** The part of a log that a stream follows, as frames name it: the reactions to a message, or a thread. */
export type LogPart = { readonly messageId: MessageId } | { readonly rootMessageId: MessageId }

/** A stream of one connection; the one without a part is that of conversations and the inbox. */
export class MessengerSource implements PumpSource, StreamConsumer {
  ready = false
  next: PumpSource | undefined
  readonly stream: EventStream
  readonly part: LogPart | undefined
  readonly #dependencies: SourceDependencies
  readonly #framesOf: (notice: Notice, source: MessengerSource) => readonly ControlFrame[]

  /** `framesOf` encodes a notice for the client. */
  constructor(
    dependencies: SourceDependencies,
    part: LogPart | undefined,
    framesOf: (notice: Notice, source: MessengerSource) => readonly ControlFrame[],
  ) {
    this.part = part
    this.#dependencies = dependencies
    this.#framesOf = framesOf
    this.stream = dependencies.subscriptionService.open(dependencies.viewer.userId, this)
  }

  streamReady(): void {
    this.#dependencies.pump.wake(this)
  }

  fill(frames: JoinedFrames, room: number): number {
    const { encoded, meter } = this.#dependencies
    let left = room
    let delivered = 0
    while (left > 0) {
      const item = this.stream.take()
      if (item === undefined) break
      if (item.kind === 'event') {
        delivered += 1
        const frame = encoded.frameOf(item)
        frames.add(frame)
        left -= frame.length
      } else left -= this.#addNotice(item, frames)
    }
    if (delivered > 0) meter.delivered('websocket', delivered)
    return left
  }

  /** Returns the number of added bytes. */
  #addNotice(notice: Notice, frames: JoinedFrames): number {
    let bytes = 0
    for (const frameOfNotice of this.#framesOf(notice, this)) {
      const frame = textFrame(encodeServerFrame(frameOfNotice))
      frames.add(frame)
      bytes += frame.length
    }
    return bytes
  }
}
