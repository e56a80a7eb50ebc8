import { encodeServerFrame, toEventFrame } from '@cpc-messenger/protocol'
import type { DeliveredEvent } from '../../delivery/log/stream-item.ts'
import { EventMemo } from '../../delivery/streams/event-memo.ts'
import { textFrame } from '../sockets/text-frame.ts'

/** The encoded frames of events, shared by all connections that are sent them in one tick. */
export class EncodedEvents {
  readonly #frames = new EventMemo<Buffer>()

  frameOf(event: DeliveredEvent): Buffer {
    return this.#frames.find(event) ?? this.#frames.keep(event, textFrame(encodeServerFrame(toEventFrame(event))))
  }
}
