/** Limits how many sends are in progress at once. After one has failed, the next call rejects. */
export class SendingWindow {
  readonly #most: number
  readonly #underWay: Promise<void>[] = []

  constructor(most: number) {
    this.#most = most
  }

  /** Resolves when the next one may be sent. */
  async add(sent: Promise<void>): Promise<void> {
    // The rejection is reported where it is awaited; that may never happen if an earlier one failed.
    sent.catch(() => undefined)
    this.#underWay.push(sent)
    while (this.#underWay.length >= this.#most) await this.#underWay.shift()
  }

  async settled(): Promise<void> {
    for (const sent of this.#underWay.splice(0)) await sent
  }
}
