interface CountedHistogramOptions {
  readonly name: string
  readonly help: string
  /** The upper bounds, ascending. */
  readonly buckets: readonly number[]
}

/** A histogram without labels that counts in plain numbers, so that ten thousand observations per tick are cheap. */
export class CountedHistogram {
  readonly #options: CountedHistogramOptions
  /** The last bucket is for values above all bounds. */
  readonly #counts: Float64Array
  #sum = 0

  constructor(options: CountedHistogramOptions) {
    this.#options = options
    this.#counts = new Float64Array(options.buckets.length + 1)
  }

  observe(value: number, count = 1): void {
    const { buckets } = this.#options
    let index = 0
    for (let bound = buckets[0]; bound !== undefined && value > bound; bound = buckets[index]) index += 1
    this.#counts[index] = (this.#counts[index] ?? 0) + count
    this.#sum += value * count
  }

  /** In Prometheus' text format. */
  render(): string {
    const { name, help, buckets } = this.#options
    let total = 0
    const lines = Array.from(this.#counts, (count, index) => {
      total += count
      return `${name}_bucket{le="${buckets[index] ?? '+Inf'}"} ${total}`
    })
    return [
      `# HELP ${name} ${help}`,
      `# TYPE ${name} histogram`,
      ...lines,
      `${name}_sum ${this.#sum}`,
      `${name}_count ${total}`,
      '',
    ].join('\n')
  }
}
