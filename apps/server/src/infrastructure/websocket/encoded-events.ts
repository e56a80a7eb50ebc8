import { encodeServerFrame, toEventFrame } from '@cpc-messenger/protocol'
import type { DeliveredEvent } from '../../delivery/stream-item.ts'
import { textFrame } from '../text-frame.ts'

/**
 * The bytes of events, shared by all who are sent them in one turn of the event loop. They are not kept longer: an older
 * row's bytes could bring back what was deleted meanwhile.
 */
export class EncodedEvents {
  readonly #ofThisTurn = new Map<DeliveredEvent, Buffer>()
  #event: DeliveredEvent | undefined
  #frame: Buffer = Buffer.alloc(0)

  frameOf(event: DeliveredEvent): Buffer {
    if (event !== this.#event) {
      this.#frame = this.#ofThisTurn.get(event) ?? this.#encode(event)
      this.#event = event
    }
    return this.#frame
  }

  #encode(event: DeliveredEvent): Buffer {
    const frame = textFrame(encodeServerFrame(toEventFrame(event)))
    if (this.#ofThisTurn.size === 0) setImmediate(() => this.#forget())
    this.#ofThisTurn.set(event, frame)
    return frame
  }

  #forget(): void {
    this.#ofThisTurn.clear()
    this.#event = undefined
    this.#frame = Buffer.alloc(0)
  }
}
