import { payloadOfFrame, textFrame, textFrameOfParts } from '../../sockets/text-frame.ts'
import type { Payload } from '../subscriptions/payload.ts'

/** An operation's id as it ends each of its frames. */
export interface FrameTail {
  readonly id: string
  readonly end: string
}

interface Encoded {
  /** Of the first who was sent it. */
  readonly tail: FrameTail
  readonly frame: Buffer
  /** What all frames of the payload begin with. */
  readonly shared: Buffer
}

const nothing: Encoded = { tail: { id: '', end: '' }, frame: Buffer.alloc(0), shared: Buffer.alloc(0) }

const head = '{"type":"next","payload":'

/** How every frame of an operation ends. */
export const frameEnd = (id: string): string => `,"id":${JSON.stringify(id)}}`

/**
 * The `next` frames of payloads: the payload comes first, so that all but the id is made once for all who are sent it in
 * one turn of the event loop.
 */
export class NextFrames {
  readonly #ofThisTurn = new Map<Payload, Encoded>()
  #payload: Payload | undefined
  #encoded: Encoded = nothing

  frameOf(payload: Payload, tail: FrameTail): Buffer {
    if (payload !== this.#payload) {
      this.#encoded = this.#ofThisTurn.get(payload) ?? this.#encode(payload, tail)
      this.#payload = payload
    }
    const { frame, tail: madeWith } = this.#encoded
    return madeWith.id === tail.id ? frame : textFrameOfParts(this.#encoded.shared, tail.end)
  }

  #encode(payload: Payload, tail: FrameTail): Encoded {
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
