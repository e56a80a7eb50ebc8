import type { ResponsePayload } from '../subscriptions/response-payload.ts'

interface Encoded {
  readonly place: string | undefined
  readonly frame: Buffer
}

export const eventFrame = (json: string, place: string | undefined): string =>
  `${place === undefined ? '' : `id: ${place}\n`}event: next\ndata: ${json}\n\n`

/** Results as server-sent events, encoded once for all streams that get the same result with the same id in one tick. */
export class EventFrames {
  readonly #ofThisTurn = new Map<ResponsePayload, Encoded>()

  frameOf(payload: ResponsePayload, place: string | undefined): Buffer {
    const known = this.#ofThisTurn.get(payload)
    if (known !== undefined && known.place === place) return known.frame
    const frame = Buffer.from(eventFrame(payload.json, place))
    if (this.#ofThisTurn.size === 0) setImmediate(() => this.#ofThisTurn.clear())
    this.#ofThisTurn.set(payload, { place, frame })
    return frame
  }
}
