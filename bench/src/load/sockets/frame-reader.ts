/** Of RFC 6455. */
export const opcodes = { text: 1, close: 8, ping: 9, pong: 10 } as const

/** The payload is `bytes` from `start` to `end`; it is valid only during the call. */
type OnFrame = (opcode: number, bytes: Buffer, start: number, end: number) => void

const nothing = Buffer.alloc(0)

/** Splits the bytes that a WebSocket server sends into frames, by their headers alone. */
export class FrameReader {
  readonly #onFrame: OnFrame
  /** The first part of a frame that has not arrived completely. */
  #rest = nothing

  constructor(onFrame: OnFrame) {
    this.#onFrame = onFrame
  }

  push(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    let at = 0
    for (;;) {
      const start = payloadStart(bytes, at)
      if (start === undefined) break
      const end = start + payloadLength(bytes, at)
      if (end > bytes.length) break
      this.#onFrame((bytes[at] ?? 0) & 0x0f, bytes, start, end)
      at = end
    }
    this.#rest = at === bytes.length ? nothing : Buffer.from(bytes.subarray(at))
  }
}

/** Where the payload of the frame at `at` begins; undefined while its header is not complete. */
const payloadStart = (bytes: Buffer, at: number): number | undefined => {
  if (bytes.length < at + 2) return undefined
  const length = bytes.readUInt8(at + 1)
  if (length > 127) throw new Error('a server does not mask its frames')
  const start = at + (length < 126 ? 2 : length === 126 ? 4 : 10)
  return bytes.length < start ? undefined : start
}

const payloadLength = (bytes: Buffer, at: number): number => {
  const length = bytes.readUInt8(at + 1)
  if (length < 126) return length
  return length === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2))
}
