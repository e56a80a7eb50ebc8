const everyMs = 1000

/** Prints the progress of a move, about once a second. */
export class Progress {
  readonly #print: (line: string) => void
  #pass = ''
  #startedAt = performance.now()
  #printedAt = performance.now()
  #rows = 0

  constructor(print: (line: string) => void) {
    this.#print = print
  }

  begin(pass: string): void {
    this.#pass = pass
    this.#restart()
  }

  moved(table: string, rows: number): void {
    this.#rows += rows
    if (performance.now() - this.#printedAt > everyMs) this.#tell(table)
  }

  tableDone(table: string): void {
    if (this.#rows > 0) this.#tell(table)
    this.#restart()
  }

  say(line: string): void {
    this.#print(line)
  }

  #restart(): void {
    this.#rows = 0
    this.#startedAt = performance.now()
  }

  #tell(table: string): void {
    this.#printedAt = performance.now()
    const seconds = (this.#printedAt - this.#startedAt) / 1000
    const speed = Math.round(this.#rows / Math.max(seconds, 0.001)).toLocaleString('en')
    this.#print(`${this.#pass}  ${table}  ${this.#rows.toLocaleString('en')} rows, ${speed} rows/s`)
  }
}
