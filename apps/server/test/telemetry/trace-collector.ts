import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'

const attribute = z.object({
  key: z.string(),
  value: z.object({ stringValue: z.string().optional(), intValue: z.union([z.number(), z.string()]).optional() }),
})
const span = z.object({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().optional(),
  name: z.string(),
  kind: z.number(),
  startTimeUnixNano: z.string(),
  endTimeUnixNano: z.string(),
  attributes: z.array(attribute),
  events: z.array(z.object({ name: z.string() })),
  links: z.array(z.object({ traceId: z.string(), spanId: z.string() })),
  status: z.object({ code: z.number().optional() }),
})
const exported = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes: z.array(attribute) }),
      scopeSpans: z.array(z.object({ spans: z.array(span) })),
    }),
  ),
})

export type CollectedSpan = z.infer<typeof span>

export const attributesOf = (from: { readonly attributes: readonly z.infer<typeof attribute>[] }) =>
  new Map(from.attributes.map(({ key, value }) => [key, value.stringValue ?? Number(value.intValue)]))

/** Takes traces as an OpenTelemetry collector does: OTLP over HTTP, as JSON. */
export class TraceCollector implements AsyncDisposable {
  readonly spans: CollectedSpan[] = []
  readonly resources: ReadonlyMap<string, string | number>[] = []
  readonly #services = new Map<string, string>()
  /** Everything that was sent, as it was sent. */
  text = ''
  readonly requests: { readonly path: string; readonly contentType: string; readonly key: string | undefined }[] = []
  readonly #http: Server

  private constructor() {
    this.#http = createServer((request, response) => {
      void this.#take(request).then(() => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'))
    })
  }

  static async open(): Promise<TraceCollector> {
    const collector = new TraceCollector()
    await new Promise<void>(resolve => collector.#http.listen(0, '127.0.0.1', resolve))
    return collector
  }

  get url(): string {
    const address = this.#http.address() as AddressInfo
    return `http://127.0.0.1:${address.port}`
  }

  /** Waits for spans of which this is true, and answers them; they must come in time. */
  async find(name: string, most = 1, deadline = Date.now() + 20_000): Promise<readonly CollectedSpan[]> {
    for (;;) {
      const found = this.spans.filter(candidate => candidate.name === name)
      if (found.length >= most) return found
      if (Date.now() > deadline) throw new Error(`no ${name} among ${this.spans.map(other => other.name).join(', ')}`)
      await delay(20)
    }
  }

  /** Which service sent it. */
  serviceOf({ spanId }: CollectedSpan): string | undefined {
    return this.#services.get(spanId)
  }

  async only(name: string): Promise<CollectedSpan> {
    const [first, ...others] = await this.find(name)
    if (first === undefined || others.length > 0) throw new Error(`${others.length + 1} spans of ${name}`)
    return first
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#http.closeAllConnections()
    await new Promise(resolve => this.#http.close(resolve))
  }

  async #take(request: IncomingMessage): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const { 'content-type': contentType = '', 'x-key': key } = request.headers
    this.requests.push({ path: request.url ?? '', contentType, key: key === undefined ? undefined : String(key) })
    const body = Buffer.concat(chunks)
    this.text += body.toString('latin1')
    if (contentType !== 'application/json') return
    for (const { resource, scopeSpans } of exported.parse(JSON.parse(body.toString())).resourceSpans) {
      this.resources.push(attributesOf(resource))
      for (const { spans } of scopeSpans) {
        this.spans.push(...spans)
        for (const { spanId } of spans) this.#services.set(spanId, String(attributesOf(resource).get('service.name')))
      }
    }
  }
}
