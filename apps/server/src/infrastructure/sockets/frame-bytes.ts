import type { RawData } from 'ws'

/** The bytes of a WebSocket message as one buffer. */
export const bytesOf = (data: RawData): Buffer => {
  if (Buffer.isBuffer(data)) return data
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data)
}
