/** A request that is being decided, because its permission is being read. */
interface Decision {
  isOver: boolean
}

/** Keeps requests in order that are decided at the same time: a later one that is settled first makes the earlier ones void. */
export class PendingDecisions {
  readonly #byKey = new Map<string, Set<Decision>>()

  get isEmpty(): boolean {
    return this.#byKey.size === 0
  }

  begin(key: string): Decision {
    const decisions = this.#byKey.get(key) ?? new Set()
    const decision: Decision = { isOver: false }
    this.#byKey.set(key, decisions.add(decision))
    return decision
  }

  /** Returns false if the decision is void. Otherwise makes earlier ones void. */
  settle(key: string, decision: Decision): boolean {
    if (decision.isOver) return false
    for (const earlier of this.#byKey.get(key) ?? []) {
      if (earlier === decision) break
      earlier.isOver = true
    }
    return true
  }

  /** Makes all decisions of this key void. */
  cancel(key: string): void {
    for (const decision of this.#byKey.get(key) ?? []) decision.isOver = true
  }

  drop(key: string, decision: Decision): void {
    const decisions = this.#byKey.get(key)
    decisions?.delete(decision)
    if (decisions?.size === 0) this.#byKey.delete(key)
  }
}
