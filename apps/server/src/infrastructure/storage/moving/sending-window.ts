/** Lets a few be under way at once. After one has failed, whoever asks next is told so. */
export class SendingWindow {
  readonly #most: number
  readonly #underWay: Promise<void>[] = []

  constructor(most: number) {
    this.#most = most
  }

  /** Resolves when there is room for the next one. */
  async add(sent: Promise<void>): Promise<void> {
    // Whoever waits for it is told; nobody may before another has failed.
    sent.catch(() => undefined)
    this.#underWay.push(sent)
    while (this.#underWay.length >= this.#most) await this.#underWay.shift()
  }

  async settled(): Promise<void> {
    for (const sent of this.#underWay.splice(0)) await sent
  }
}
