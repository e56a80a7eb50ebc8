import { payloadOfFrame, textFrame, textFrameOf } from '../../sockets/text-frame.ts'
import type { ResponsePayload } from '../subscriptions/response-payload.ts'

/** The end of each frame of one operation, with its id. */
export interface FrameTail {
  readonly id: string
  readonly end: string
}

interface Encoded {
  /** The first operation that got this payload; `frame` is complete for it. */
  readonly tail: FrameTail
  readonly frame: Buffer
  /** The start of all frames with this payload. */
  readonly shared: Buffer
}

const nothing: Encoded = { tail: { id: '', end: '' }, frame: Buffer.alloc(0), shared: Buffer.alloc(0) }

const head = '{"type":"next","payload":'

/** The end of every frame of an operation. */
export const frameEnd = (id: string): string => `,"id":${JSON.stringify(id)}}`

/**
 * Encodes `next` frames. The payload comes before the id, so that everything but the id is encoded once for all operations
 * that are sent it in one tick.
 */
export class NextFrames {
  readonly #ofThisTurn = new Map<ResponsePayload, Encoded>()
  #payload: ResponsePayload | undefined
  #encoded: Encoded = nothing

  frameOf(payload: ResponsePayload, tail: FrameTail): Buffer {
    if (payload !== this.#payload) {
      this.#encoded = this.#ofThisTurn.get(payload) ?? this.#encode(payload, tail)
      this.#payload = payload
    }
    const { frame, tail: madeWith } = this.#encoded
    return madeWith.id === tail.id ? frame : textFrameOf(this.#encoded.shared, tail.end)
  }

  #encode(payload: ResponsePayload, tail: FrameTail): Encoded {
    const frame = textFrame(head, payload.json, tail.end)
    const content = payloadOfFrame(frame)
    const encoded = { tail, frame, shared: content.subarray(0, content.length - Buffer.byteLength(tail.end)) }
    if (this.#ofThisTurn.size === 0) setImmediate(() => this.#forget())
    this.#ofThisTurn.set(payload, encoded)
    return encoded
  }

  #forget(): void {
    this.#ofThisTurn.clear()
    this.#payload = undefined
    this.#encoded = nothing
  }
}
