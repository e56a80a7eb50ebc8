import type { LogEvent } from '@cpc-messenger/messenger'
import { encodeServerFrame, toEventFrame } from '@cpc-messenger/protocol'
import type { DeliveredEvent } from '../../delivery/stream-item.ts'
import { textFrame } from '../text-frame.ts'

interface EncodedEvent {
  readonly row: object | undefined
  readonly frame: Buffer
}

/**
 * The bytes of events, shared by all who are sent them in one turn of the event loop. They are not kept longer: an older
 * row's bytes could bring back what was deleted meanwhile.
 */
export class EncodedEvents {
  readonly #ofThisTurn = new Map<LogEvent, EncodedEvent>()

  frameOf(delivered: DeliveredEvent): Buffer {
    const row = delivered.message ?? delivered.membership ?? delivered.conversation
    const known = this.#ofThisTurn.get(delivered.event)
    if (known !== undefined && known.row === row) return known.frame
    if (this.#ofThisTurn.size === 0) setImmediate(() => this.#ofThisTurn.clear())
    const frame = textFrame(encodeServerFrame(toEventFrame(delivered)))
    this.#ofThisTurn.set(delivered.event, { row, frame })
    return frame
  }
}
