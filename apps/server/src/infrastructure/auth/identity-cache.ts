import { hash } from 'node:crypto'
import type { Identity } from '@cpc-messenger/messenger'
import { LruCache } from '../../services/caching/lru-cache.ts'

const keyOf = (token: string): string => hash('sha256', token, 'base64')

/** Caches the identities of verified tokens by the hash of the token; the tokens themselves are not kept. */
export class IdentityCache {
  readonly #byHash: LruCache<string, Identity>

  constructor(max: number) {
    this.#byHash = new LruCache(max)
  }

  find(token: string): Identity | undefined {
    return this.#byHash.get(keyOf(token))
  }

  remember(token: string, identity: Identity): void {
    this.#byHash.set(keyOf(token), identity)
  }

  forget(token: string): void {
    this.#byHash.delete(keyOf(token))
  }

  get size(): number {
    return this.#byHash.size
  }
}
