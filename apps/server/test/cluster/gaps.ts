/** How soon after a gap the end of the membership comes that explains it; connections may be cut in between. */
const endMs = 30_000

interface Gap {
  readonly violation: string
  readonly at: number
}

/**
 * Gaps before the viewer's own `MemberLeft` are allowed: of what precedes it, only what is in memory comes. Any other gap is a
 * violation, and so is one that no end explains in time.
 */
export class Gaps {
  readonly #violations: string[]
  readonly #open = new Map<string, Gap[]>()

  constructor(violations: string[]) {
    this.#violations = violations
  }

  /** A violation until the viewer's end comes. */
  add(conversationId: string, violation: string): void {
    this.#violations.push(violation)
    this.#open.set(conversationId, [...(this.#open.get(conversationId) ?? []), { violation, at: Date.now() }])
  }

  /** The viewer has left. */
  end(conversationId: string): void {
    for (const { violation, at } of this.#open.get(conversationId) ?? [])
      if (Date.now() - at < endMs) this.#violations.splice(this.#violations.indexOf(violation), 1)
    this.#open.delete(conversationId)
  }
}
