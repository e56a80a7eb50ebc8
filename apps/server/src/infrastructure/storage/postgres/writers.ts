import { randomUUID } from 'node:crypto'
import type { Receipt } from './receipts.ts'

/** The writer names of this process. Each is used by one transaction at a time. */
export class PostgresWriters {
  readonly #process = randomUUID()
  readonly #free: string[] = []
  #made = 0
  #number = 0

  take(): Receipt {
    const writer = this.#free.pop() ?? this.#make()
    this.#number += 1
    return { writer, number: this.#number }
  }

  giveBack({ writer }: Receipt): void {
    this.#free.push(writer)
  }

  #make(): string {
    this.#made += 1
    return `${this.#process} ${this.#made}`
  }
}
