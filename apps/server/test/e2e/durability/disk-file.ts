import { type FileWrite, fileWrite, type SystemCall } from './system-calls.ts'

const sectorSize = 512

const sectorsOf = ({ bytes, offset }: FileWrite): readonly FileWrite[] => {
  const sectors: FileWrite[] = []
  for (let start = 0; start < bytes.length; ) {
    const size = sectorSize - ((offset + start) % sectorSize)
    sectors.push({ bytes: bytes.subarray(start, start + size), offset: offset + start })
    start += size
  }
  return sectors
}

const applied = (before: Buffer, writes: readonly FileWrite[]): Buffer => {
  const length = Math.max(before.length, ...writes.map(({ bytes, offset }) => offset + bytes.length))
  const file = Buffer.concat([before], length)
  for (const { bytes, offset } of writes) bytes.copy(file, offset)
  return file
}

/** A file on a disk that keeps what was flushed, and of the rest any sectors or none. */
export class DiskFile {
  readonly #before: Buffer
  readonly #writes: readonly (SystemCall & { readonly write: FileWrite })[]
  readonly #flushes: readonly SystemCall[]

  /** The file as it was before the trace, all of it flushed. */
  constructor(file: string, before: Buffer, trace: readonly SystemCall[]) {
    const calls = trace.filter(({ target }) => target === file)
    this.#before = before
    this.#writes = calls.filter(({ name }) => name === 'pwrite64').map(call => ({ ...call, write: fileWrite(call) }))
    this.#flushes = calls.filter(({ name, result }) => (name === 'fsync' || name === 'fdatasync') && result === 0)
  }

  /** What is there when the power went off at this place of the trace. `keeps` is asked for each sector not flushed. */
  afterPowerCut(place: number, keeps: () => boolean): Buffer {
    const returned = this.#flushes.filter(flush => flush.ended < place)
    const flushedTo = Math.max(0, ...returned.map(flush => flush.began))
    const begun = this.#writes.filter(call => call.began < place)
    const flushed = begun.filter(call => call.ended < flushedTo).map(({ write }) => write)
    const loose = begun.filter(call => call.ended >= flushedTo).flatMap(({ write }) => sectorsOf(write))
    return applied(this.#before, [...flushed, ...loose.filter(() => keeps())])
  }
}
