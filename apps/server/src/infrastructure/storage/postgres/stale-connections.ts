/** Connections of which one has had no answer, as when the database moved to another machine: the idle ones are no better. */
export class PostgresSilences {
  #since = Number.NEGATIVE_INFINITY

  /** What was asked at that time was never answered. */
  noticed(askedAt: number): void {
    this.#since = Math.max(this.#since, askedAt)
  }

  /** Whether a connection that was last heard from at that time may have gone silent too. */
  discredits(heardAt: number): boolean {
    return heardAt <= this.#since
  }
}
