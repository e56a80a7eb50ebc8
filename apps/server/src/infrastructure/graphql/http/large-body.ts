import type { ServerResponse } from 'node:http'
import { timeSlices } from '../compiled/time-slices.ts'

/** Characters that are encoded and handed to the socket at a time. */
const pieceLength = 131_072

const isHighSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff

/** Where the piece that begins at `start` ends: never between the halves of a character. */
const endOfPiece = (text: string, start: number): number => {
  const end = start + pieceLength
  if (end >= text.length) return text.length
  return isHighSurrogate(text.charCodeAt(end - 1)) ? end - 1 : end
}

/** The body of a response that is too long to be encoded and written in one turn of the event loop. */
export class LargeBody {
  readonly #response: ServerResponse
  readonly #before: string
  readonly #text: string
  readonly #after: string
  #at = 0
  readonly #onTurn = (): void => this.#write()

  /** The text between the two others is the long one: they are not joined, which would copy it. */
  constructor(response: ServerResponse, [before, text, after]: readonly [string, string, string]) {
    this.#response = response
    this.#before = before
    this.#text = text
    this.#after = after
  }

  get bytes(): number {
    return Buffer.byteLength(this.#before) + Buffer.byteLength(this.#text) + Buffer.byteLength(this.#after)
  }

  /** Ends the response; the head must have been written. Pieces follow as the client takes them. */
  send(): void {
    this.#response.on('drain', this.#onTurn)
    this.#response.write(this.#before)
    this.#write()
  }

  #write(): void {
    while (!this.#response.destroyed) {
      const end = endOfPiece(this.#text, this.#at)
      const piece = Buffer.from(this.#text.slice(this.#at, end))
      this.#at = end
      if (end === this.#text.length) {
        this.#response.off('drain', this.#onTurn).write(piece)
        this.#response.end(this.#after)
        return
      }
      if (!this.#response.write(piece)) return
      if (timeSlices.over()) {
        timeSlices.defer(this.#onTurn)
        return
      }
    }
  }
}
