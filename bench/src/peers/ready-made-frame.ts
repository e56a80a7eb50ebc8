export const headBytes = 4

/** A text frame with so many bytes of payload, as a server sends it. */
export const readyMadeFrame = (bytes: number): Buffer => {
  if (bytes < 126 || bytes > 0xffff) throw new RangeError(`no frame of ${bytes} bytes`)
  const frame = Buffer.alloc(headBytes + bytes, 'x')
  frame.writeUInt8(0x81, 0)
  frame.writeUInt8(126, 1)
  frame.writeUInt16BE(bytes, 2)
  return frame
}
