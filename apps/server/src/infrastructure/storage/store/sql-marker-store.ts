import type { MarkerMove, MarkerStore, ThreadMove } from '@cpc-messenger/messenger'
import type { SqlEngine } from '../statements/engine.ts'
import type { StatementCompiler } from '../statements/statement.ts'
import { markerWriting } from './marker-writing.ts'
import type { PendingMarkers } from './pending-markers.ts'

export class SqlMarkerStore implements MarkerStore {
  readonly #pending: PendingMarkers
  readonly #write: ReturnType<typeof markerWriting>
  #flushing: Promise<void> = Promise.resolve()

  constructor(engine: Pick<SqlEngine, 'begin'>, pending: PendingMarkers, compiler: StatementCompiler) {
    this.#pending = pending
    this.#write = markerWriting(compiler, engine)
  }

  move(moves: readonly MarkerMove[]): void {
    this.#pending.add(moves, true)
  }

  learn(moves: readonly MarkerMove[]): void {
    this.#pending.add(moves, false)
  }

  flush(): Promise<void> {
    const flushing = this.#flushing.catch(() => undefined).then(() => this.#writePending())
    this.#flushing = flushing
    return flushing
  }

  read(moves: readonly MarkerMove[]): Promise<void> {
    return this.#write.read(moves)
  }

  readThreads(moves: readonly ThreadMove[]): Promise<void> {
    return this.#write.readThreads(moves)
  }

  #writePending(): Promise<void> {
    return this.#write.move(this.#pending.unwritten(), moves => this.#pending.written(moves))
  }
}
