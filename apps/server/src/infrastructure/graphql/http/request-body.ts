import type { IncomingMessage, ServerResponse } from 'node:http'
import { Refusal } from '@cpc-messenger/messenger'

/** What a body may hold before anything is known of who sends it, and after. */
export const maxBodyBytes = { anonymous: 65_536, authenticated: 1_048_576 } as const

type Sender = keyof typeof maxBodyBytes

const tooLarge: Readonly<Record<Sender, string>> = {
  anonymous: 'A request without a token holds 64 KiB at most.',
  authenticated: 'A request holds 1 MiB at most.',
}

/** Reads the whole body; refuses one that is too large for its sender as soon as that shows. */
export const readBody = (request: IncomingMessage, response: ServerResponse, sender: Sender): Promise<Buffer> => {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  const refuse = (): void => reject(new Refusal('QUERY_TOO_COMPLEX', tooLarge[sender]))
  if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes[sender]) refuse()
  else {
    if (request.headers.expect !== undefined) response.writeContinue()
    collect(request, maxBodyBytes[sender], { resolve, reject, refuse })
  }
  return promise
}

interface Outcome {
  resolve(body: Buffer): void
  reject(error: unknown): void
  refuse(): void
}

const collect = (request: IncomingMessage, maxBytes: number, { resolve, reject, refuse }: Outcome): void => {
  const chunks: Buffer[] = []
  let bytes = 0
  const take = (chunk: Buffer): void => {
    bytes += chunk.length
    chunks.push(chunk)
    if (bytes <= maxBytes) return
    request.off('data', take).pause()
    refuse()
  }
  request
    .on('data', take)
    .once('end', () => resolve(Buffer.concat(chunks)))
    .once('error', reject)
}
