const headerLengthOf = (length: number): number => (length < 126 ? 2 : length < 65_536 ? 4 : 10)

/** An unmasked and unfragmented text frame (RFC 6455, 5.2) with space for a payload of this many bytes. */
const openFrame = (length: number): { readonly frame: Buffer; readonly start: number } => {
  const start = headerLengthOf(length)
  const frame = Buffer.allocUnsafe(start + length)
  frame[0] = 0x81
  if (start === 2) frame[1] = length
  else if (start === 4) {
    frame[1] = 126
    frame.writeUInt16BE(length, 2)
  } else {
    frame[1] = 127
    frame.writeBigUInt64BE(BigInt(length), 2)
  }
  return { frame, start }
}

/** Encodes a text, given in one or more pieces, as one WebSocket frame that any number of sockets can be sent. */
export const textFrame = (...pieces: readonly string[]): Buffer => {
  let length = 0
  for (const piece of pieces) length += Buffer.byteLength(piece)
  const { frame, start } = openFrame(length)
  let end = start
  for (const piece of pieces) end += frame.write(piece, end)
  return frame
}

/** Like `textFrame`, for a part in UTF-8 and a short text. */
export const textFrameOf = (head: Buffer, tail: string): Buffer => {
  const { frame, start } = openFrame(head.length + Buffer.byteLength(tail))
  frame.set(head, start)
  frame.write(tail, start + head.length)
  return frame
}

/** The payload of a frame that was created by `textFrame`. */
export const payloadOfFrame = (frame: Buffer): Buffer => {
  const length = frame[1] ?? 0
  return frame.subarray(length < 126 ? 2 : length === 126 ? 4 : 10)
}
