/** What part of the rows that its pages are asked for an answer holds: all, and less where that turned out to be too much. */
export class PageShare {
  static readonly shares = [1, 1 / 4, 1 / 16] as const
  readonly #share: number
  #divided = false

  constructor(share: number) {
    this.#share = share
  }

  /** A page was asked for that may hold fewer rows. */
  get divisible(): boolean {
    return this.#divided
  }

  /** How many of so many rows a page holds. */
  of(rows: number): number {
    if (rows > 1) this.#divided = true
    return Math.ceil(rows * this.#share)
  }
}
