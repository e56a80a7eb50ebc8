import { fileWrite, type SystemCall } from './system-calls.ts'

/** A mark that left the server: in an answer, or in an event. */
export interface Departure {
  readonly mark: string
  readonly kind: string
  /** Whether its commit had been made durable before. */
  readonly durable: boolean
  readonly call: SystemCall
}

interface DurableOrder {
  /** Marks that were seen in writes to the write-ahead log. */
  readonly written: ReadonlySet<string>
  readonly departures: readonly Departure[]
}

interface OrderQuestion {
  /** Matches every mark; global. */
  readonly mark: RegExp
  /** What a write to a socket is, by its text. */
  kindOf(text: string): string
}

const flushes: ReadonlySet<string> = new Set(['fsync', 'fdatasync'])
const departures: ReadonlySet<string> = new Set(['write', 'writev', 'sendto', 'sendmsg', 'sendmmsg'])
const frameHeaderSize = 24

const isWal = ({ target }: SystemCall): boolean => target.endsWith('-wal')

/** A frame is written as its header and its page. A commit's last frame says in its header how large the database is now. */
const commitEnds = (walWrites: readonly SystemCall[]): readonly SystemCall[] => {
  const ends: SystemCall[] = []
  let committing = false
  for (const call of walWrites) {
    const { bytes } = fileWrite(call)
    if (bytes.length === frameHeaderSize) committing = bytes.readUInt32BE(4) !== 0
    else if (committing) {
      ends.push(call)
      committing = false
    }
  }
  return ends
}

/** For each mark, the place in the trace from where on a power cut cannot take it any more. */
const durableFrom = (calls: readonly SystemCall[], mark: RegExp): ReadonlyMap<string, number> => {
  const walCalls = calls.filter(isWal)
  const writes = walCalls.filter(call => call.name === 'pwrite64')
  const flushed = walCalls.filter(call => flushes.has(call.name) && call.result === 0)
  const ends = commitEnds(writes)
  const places = new Map<string, number>()
  for (const write of writes)
    for (const [found] of write.arguments.matchAll(mark)) {
      // Later commits write the same page, with the mark in it, again: the first one brought it.
      if (places.has(found)) continue
      const end = ends.find(({ began }) => began >= write.began)?.ended ?? Number.POSITIVE_INFINITY
      const covering = flushed.filter(flush => flush.began > end).map(flush => flush.ended)
      places.set(found, Math.min(Number.POSITIVE_INFINITY, ...covering))
    }
  return places
}

/**
 * Whether each mark left the server only after a flush of the write-ahead log had returned that began after the commit with
 * the mark was written: what a power cut leaves behind is just what was flushed.
 */
export const durableOrder = (calls: readonly SystemCall[], { mark, kindOf }: OrderQuestion): DurableOrder => {
  const places = durableFrom(calls, mark)
  return {
    written: new Set(places.keys()),
    departures: calls
      .filter(call => departures.has(call.name) && call.target.startsWith('socket:'))
      .flatMap(call =>
        [...new Set(call.arguments.match(mark) ?? [])].map(found => ({
          mark: found,
          kind: kindOf(call.arguments),
          durable: call.began > (places.get(found) ?? Number.POSITIVE_INFINITY),
          call,
        })),
      ),
  }
}
