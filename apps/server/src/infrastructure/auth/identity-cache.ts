import { hash } from 'node:crypto'
import type { Identity } from '@cpc-messenger/messenger'

/** Caches the identities of verified tokens by the token's hash; the tokens themselves are not kept. */
export class IdentityCache {
  readonly #byHash = new Map<string, Identity>()
  readonly #capacity: number

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  find(token: string): Identity | undefined {
    const key = hash('sha256', token, 'base64')
    const identity = this.#byHash.get(key)
    if (identity === undefined) return undefined
    this.#byHash.delete(key)
    this.#byHash.set(key, identity)
    return identity
  }

  remember(token: string, identity: Identity): void {
    this.#byHash.set(hash('sha256', token, 'base64'), identity)
    if (this.#byHash.size <= this.#capacity) return
    const [oldest] = this.#byHash.keys()
    if (oldest !== undefined) this.#byHash.delete(oldest)
  }

  forget(token: string): void {
    this.#byHash.delete(hash('sha256', token, 'base64'))
  }

  get size(): number {
    return this.#byHash.size
  }
}
