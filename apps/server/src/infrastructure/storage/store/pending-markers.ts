import {
  type ConversationUser,
  laterMarkers,
  type MarkerMove,
  type Markers,
  movesMarkers,
  noMarkers,
  unavailable,
} from '@cpc-messenger/messenger'
import { pairText } from '../reads/store/read-in-sets.ts'

/** The most markers that may wait to be written: about 50 MB. */
const maxUnwritten = 200_000
/** How long written markers are kept: snapshots that began before the write do not show them. */
const keptMs = 10_000

interface Entry {
  readonly move: MarkerMove
  readonly movedAt: number
}

/** Markers that were moved and that reads of the database may not show yet: the greatest of each. */
export class PendingMarkers {
  readonly #maxUnwritten: number
  readonly #now: () => number
  /** In the order of their last move. */
  readonly #entries = new Map<string, Entry>()
  readonly #unwritten = new Set<string>()

  /** `now` is a monotonic clock, in milliseconds. */
  constructor(max = maxUnwritten, now: () => number = () => performance.now()) {
    this.#maxUnwritten = max
    this.#now = now
  }

  /** The number of entries in memory. */
  get size(): number {
    return this.#entries.size
  }

  find(of: ConversationUser): Markers | undefined {
    return this.#entries.size === 0 ? undefined : this.#entries.get(pairText(of))?.move
  }

  /** `toWrite`: this node writes them. Throws UNAVAILABLE if there is no room. */
  add(moves: readonly MarkerMove[], toWrite: boolean): void {
    if (toWrite && this.#unwritten.size + moves.length > this.#maxUnwritten)
      throw unavailable('Too many read markers wait to be written. Retry in a moment.')
    for (const move of moves) this.#add(move, toWrite)
    this.#evict()
  }

  /** Everything that waits to be written, in the order in which all writers write it. */
  unwritten(): readonly MarkerMove[] {
    return [...this.#unwritten].toSorted().flatMap(key => this.#entries.get(key)?.move ?? [])
  }

  /** These were written. What has moved further since is kept. */
  written(moves: readonly MarkerMove[]): void {
    for (const move of moves) {
      const key = pairText(move)
      const now = this.#entries.get(key)
      if (now !== undefined && !movesMarkers(move, now.move)) this.#unwritten.delete(key)
    }
    this.#evict()
  }

  #add({ conversationId, userId, ...to }: MarkerMove, toWrite: boolean): void {
    const key = pairText({ conversationId, userId })
    const known: Markers = this.#entries.get(key)?.move ?? noMarkers
    if (!movesMarkers(known, to)) return
    this.#entries.delete(key)
    this.#entries.set(key, { move: { conversationId, userId, ...laterMarkers(known, to) }, movedAt: this.#now() })
    if (toWrite) this.#unwritten.add(key)
  }

  /** Old entries first; more than can wait to be written are not kept for reads either. */
  #evict(): void {
    const until = this.#now() - keptMs
    for (const [key, { movedAt }] of this.#entries) {
      const hasRoom = this.#entries.size <= 2 * this.#maxUnwritten
      if (movedAt > until && hasRoom) return
      if (!this.#unwritten.has(key)) this.#entries.delete(key)
    }
  }
}
