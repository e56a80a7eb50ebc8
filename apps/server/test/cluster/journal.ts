const kept = 20_000

/** What was tried and what came of it, for a developer who has to find out why something does not hold. */
export class Journal {
  readonly #lines: string[] = []

  note(line: string): void {
    this.#lines.push(`${new Date().toISOString().slice(11, 23)} ${line}`)
    if (this.#lines.length > kept * 2) this.#lines.splice(0, kept)
  }

  /** The last lines with any of these words in them. */
  about(words: readonly string[], lines = 60): readonly string[] {
    return this.#lines.filter(line => words.some(word => line.includes(word))).slice(-lines)
  }
}
