import type { ServerResponse } from 'node:http'
import type { CpuAccount } from '../../scheduling/cpu-account.ts'
import { fairScheduler } from '../../scheduling/fair-scheduler.ts'

/** Characters that are encoded and written at a time. */
const pieceLength = 131_072

const isHighSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff

/** The end of the piece that begins at `start`: never inside a surrogate pair. */
const endOfPiece = (text: string, start: number): number => {
  const end = start + pieceLength
  if (end >= text.length) return text.length
  return isHighSurrogate(text.charCodeAt(end - 1)) ? end - 1 : end
}

/** The body of a response that is too long to be encoded and written in one tick. */
export class LargeBody {
  readonly #response: ServerResponse
  readonly #account: CpuAccount
  readonly #before: string
  readonly #text: string
  readonly #after: string
  #at = 0
  readonly #onTurn = (): void => this.#write()

  /** The text in the middle is long. The three texts are not concatenated, because that would copy it. */
  constructor(response: ServerResponse, account: CpuAccount, [before, text, after]: readonly [string, string, string]) {
    this.#account = account
    this.#response = response
    this.#before = before
    this.#text = text
    this.#after = after
  }

  get bytes(): number {
    return Buffer.byteLength(this.#before) + Buffer.byteLength(this.#text) + Buffer.byteLength(this.#after)
  }

  /** Writes the pieces as the client reads them, and ends the response. The head must have been written. */
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
      if (fairScheduler.over(this.#account)) {
        fairScheduler.defer(this.#account, this.#onTurn)
        return
      }
    }
  }
}
