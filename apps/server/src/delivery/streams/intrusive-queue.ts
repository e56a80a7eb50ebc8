/** A member of at most one `IntrusiveQueue` at a time. */
export interface QueueNode<Node> {
  /** The node behind this one. Only the queue reads and writes it. */
  next: Node | undefined
}

/** A FIFO queue linked through its members, so that adding allocates nothing: in a broadcast thousands are added at once. */
export class IntrusiveQueue<Node extends QueueNode<Node>> {
  #first: Node | undefined
  #last: Node | undefined

  get first(): Node | undefined {
    return this.#first
  }

  get last(): Node | undefined {
    return this.#last
  }

  /** The node must not be in a queue already. */
  add(node: Node): void {
    if (this.#last === undefined) this.#first = node
    else this.#last.next = node
    this.#last = node
  }

  shift(): Node | undefined {
    const first = this.#first
    if (first === undefined) return undefined
    this.#first = first.next
    if (this.#first === undefined) this.#last = undefined
    first.next = undefined
    return first
  }

  /** Does nothing if the node is not in this queue. Takes time linear in the number of nodes before it. */
  remove(node: Node): void {
    if (this.#first === node) {
      this.shift()
      return
    }
    let before = this.#first
    while (before !== undefined && before.next !== node) before = before.next
    if (before === undefined) return
    before.next = node.next
    if (this.#last === node) this.#last = before
    node.next = undefined
  }

  clear(): void {
    while (this.shift() !== undefined);
  }
}
