import type { RawData } from 'ws'

/** What a WebSocket was sent, in one piece. */
export const bytesOf = (data: RawData): Buffer => {
  if (Buffer.isBuffer(data)) return data
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data)
}
