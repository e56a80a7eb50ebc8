import { encodeServerFrame, toEventFrame } from '@cpc-messenger/protocol'
import { OfThisTurn } from '../../delivery/of-this-turn.ts'
import type { DeliveredEvent } from '../../delivery/stream-item.ts'
import { textFrame } from '../text-frame.ts'

/** The bytes of events, shared by all who are sent them in one turn of the event loop. */
export class EncodedEvents {
  readonly #frames = new OfThisTurn<Buffer>()

  frameOf(delivered: DeliveredEvent): Buffer {
    return this.#frames.of(delivered, () => textFrame(encodeServerFrame(toEventFrame(delivered))))
  }
}
