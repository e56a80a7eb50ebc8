import type { IncomingMessage, ServerResponse } from 'node:http'
import { Refusal } from '@cpc-messenger/messenger'
import { frameBytes, inboxFrameBytes } from '@cpc-messenger/protocol'

/** The maximum size of a body without a valid token, and with one: as of the frames of a WebSocket. */
export const maxBodyBytes = { anonymous: frameBytes, authenticated: inboxFrameBytes } as const

type Sender = keyof typeof maxBodyBytes

const tooLarge: Readonly<Record<Sender, string>> = {
  anonymous: 'The body of a request without a token may have at most 64 KiB.',
  authenticated: 'The body of a request may have at most 1 MiB.',
}

/** Reads the whole body. Rejects as soon as it is known to be too large for its sender. */
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
