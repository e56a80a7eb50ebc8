import { payloadOfFrame, textFrame, textFrameOfParts } from '../../text-frame.ts'
import type { Payload } from '../execution/payload.ts'

/** An operation's id as it ends each of its frames. */
export interface FrameTail {
  readonly id: string
  readonly end: string
}

interface Encoded {
  readonly tail: FrameTail
  readonly frame: Buffer
}

const head = '{"type":"next","payload":'

export const frameTail = (id: string): FrameTail => ({ id, end: `,"id":${JSON.stringify(id)}}` })

/**
 * The `next` frames of payloads: the payload comes first, so that all but the id is made once for all who are sent it in
 * one turn of the event loop.
 */
export class NextFrames {
  readonly #ofThisTurn = new Map<Payload, Encoded>()

  frameOf(payload: Payload, tail: FrameTail): Buffer {
    const known = this.#ofThisTurn.get(payload)
    if (known?.tail.id === tail.id) return known.frame
    const frame =
      known === undefined
        ? textFrame(head, payload.json, tail.end)
        : textFrameOfParts(sharedPart(known), Buffer.from(tail.end))
    if (this.#ofThisTurn.size === 0) setImmediate(() => this.#ofThisTurn.clear())
    this.#ofThisTurn.set(payload, { tail, frame })
    return frame
  }
}

const sharedPart = ({ frame, tail: { end } }: Encoded): Buffer => {
  const payload = payloadOfFrame(frame)
  return payload.subarray(0, payload.length - Buffer.byteLength(end))
}
