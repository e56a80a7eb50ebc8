import type { IncomingMessage } from 'node:http'
import { Refusal } from '@cpc-messenger/messenger'

const maxBytes = 1_048_576

/** Reads the whole body; refuses one of more than 1 MiB as soon as that shows. */
export const readBody = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = []
  let bytes = 0
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge()
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) throw new TypeError('a body came as text')
    bytes += chunk.length
    if (bytes > maxBytes) throw tooLarge()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

const tooLarge = (): Refusal => new Refusal('QUERY_TOO_COMPLEX', 'A request holds 1 MiB at most.')
