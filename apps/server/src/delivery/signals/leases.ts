/** A resource that stays open until the lease is disposed of. */
export interface Lease<Resource> extends Disposable {
  readonly resource: Resource
}

interface Leased<Resource> {
  readonly resource: Resource
  leases: number
}

/** Resources by key: each is opened by its first lease, and disposed of with its last one. */
export class Leases<Key, Resource extends Disposable> implements Disposable {
  readonly #openResource: (key: Key) => Resource
  readonly #leased = new Map<Key, Leased<Resource>>()
  readonly #resources = new Map<Key, Resource>()

  constructor(openResource: (key: Key) => Resource) {
    this.#openResource = openResource
  }

  /** The open resources. */
  get all(): ReadonlyMap<Key, Resource> {
    return this.#resources
  }

  open(key: Key): Lease<Resource> {
    const leased = this.#leased.get(key) ?? this.#create(key)
    leased.leases += 1
    return {
      resource: leased.resource,
      [Symbol.dispose]: () => {
        leased.leases -= 1
        if (leased.leases > 0) return
        this.#leased.delete(key)
        this.#resources.delete(key)
        leased.resource[Symbol.dispose]()
      },
    }
  }

  [Symbol.dispose](): void {
    for (const resource of this.#resources.values()) resource[Symbol.dispose]()
    this.#resources.clear()
    this.#leased.clear()
  }

  #create(key: Key): Leased<Resource> {
    const leased = { resource: this.#openResource(key), leases: 0 }
    this.#leased.set(key, leased)
    this.#resources.set(key, leased.resource)
    return leased
  }
}
