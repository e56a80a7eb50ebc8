import { Agent, type IncomingHttpHeaders, request } from 'node:http'

interface RawRequest {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  readonly body?: string | Buffer
}

export interface RawAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** Without its parameters. */
  readonly type: string
  /** Of a stream or a page, nothing. */
  readonly text: string
}

/** Sends what it gets and adds nothing: no `Accept`, no `Content-Type`. A stream of events or a page is left at once. */
export class RawClient implements Disposable {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 8 })

  send(url: string | URL, { method = 'GET', headers = {}, body }: RawRequest = {}): Promise<RawAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<RawAnswer>()
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
    const sent = request(url, { method, agent: this.#agent, headers: { ...length, ...headers } })
    sent.on('error', reject)
    sent.on('response', async response => {
      const [type = ''] = (response.headers['content-type'] ?? '').split(';')
      const answer = { status: response.statusCode ?? 0, headers: response.headers, type }
      if (type === 'text/event-stream' || type === 'text/html') {
        resolve({ ...answer, text: '' })
        response.on('error', () => undefined).destroy()
        return
      }
      const chunks: Buffer[] = []
      response.on('data', chunk => chunks.push(chunk)).on('error', reject)
      response.on('end', () => resolve({ ...answer, text: Buffer.concat(chunks).toString() }))
    })
    sent.end(body)
    return promise
  }

  [Symbol.dispose](): void {
    this.#agent.destroy()
  }
}
