/** The fraction of the requested rows that the pages of an answer have: less than all if the answer was too large before. */
export class PageShare {
  static readonly shares = [1, 1 / 4, 1 / 16] as const
  readonly #share: number
  #divided = false

  constructor(share: number) {
    this.#share = share
  }

  /** Whether a page was requested that may have fewer rows. */
  get divisible(): boolean {
    return this.#divided
  }

  /** The size of a page for which `rows` were requested. */
  of(rows: number): number {
    if (rows > 1) this.#divided = true
    return Math.ceil(rows * this.#share)
  }
}
