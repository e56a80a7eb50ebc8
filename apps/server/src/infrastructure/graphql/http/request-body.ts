import type { IncomingMessage } from 'node:http'
import { Refusal } from '@cpc-messenger/messenger'

const maxBytes = 1_048_576

/** Reads the whole body; refuses one of more than 1 MiB as soon as that shows. */
export const readBody = (request: IncomingMessage): Promise<Buffer> => {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) reject(tooLarge())
  else collect(request, resolve, reject)
  return promise
}

const collect = (request: IncomingMessage, resolve: (body: Buffer) => void, reject: (error: unknown) => void): void => {
  const chunks: Buffer[] = []
  let bytes = 0
  const take = (chunk: Buffer): void => {
    bytes += chunk.length
    chunks.push(chunk)
    if (bytes <= maxBytes) return
    request.off('data', take).pause()
    reject(tooLarge())
  }
  request
    .on('data', take)
    .once('end', () => resolve(Buffer.concat(chunks)))
    .once('error', reject)
}

const tooLarge = (): Refusal => new Refusal('QUERY_TOO_COMPLEX', 'A request holds 1 MiB at most.')
