/** A frame as a client must send it. A mask of zeros leaves the payload as it is. */
export const clientFrame = (opcode: number, payload: Buffer): Buffer => {
  const { length } = payload
  if (length > 0xffff) throw new RangeError('the bench sends no frame so long')
  const head = Buffer.alloc(length < 126 ? 6 : 8)
  head.writeUInt8(0x80 | opcode, 0)
  if (length < 126) head.writeUInt8(0x80 | length, 1)
  else {
    head.writeUInt8(0x80 | 126, 1)
    head.writeUInt16BE(length, 2)
  }
  return Buffer.concat([head, payload])
}
