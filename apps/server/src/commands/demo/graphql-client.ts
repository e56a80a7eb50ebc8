import { z } from 'zod'

/** The demo cannot continue; the message says in one line what to do. */
export class DemoError extends Error {
  override readonly name = 'DemoError'
}

const answer = z.object({
  data: z.record(z.string(), z.unknown()).nullish(),
  errors: z
    .array(z.object({ message: z.string(), extensions: z.object({ code: z.string().optional() }).optional() }))
    .optional(),
})

/** Sends operations to a running server as one user. */
export class GraphQLClient {
  readonly #url: string
  readonly #token: string

  constructor(url: string, token: string) {
    this.#url = `${url.replace(/\/+$/, '')}/graphql`
    this.#token = token
  }

  /** Runs a mutation of one field and returns that field, parsed by `shape`. */
  async mutate<Shape>(field: string, document: string, input: object, shape: z.ZodType<Shape>): Promise<Shape> {
    const { data, errors } = await this.#post(JSON.stringify({ query: document, variables: { input } }))
    const [error] = errors ?? []
    if (error !== undefined) throw this.#refused(field, error.extensions?.code ?? 'an error', error.message)
    const parsed = shape.safeParse(data?.[field])
    if (parsed.success) return parsed.data
    throw new DemoError(`${this.#url} returned an unexpected answer to ${field}.`)
  }

  async #post(body: string): Promise<z.infer<typeof answer>> {
    const headers = { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json' }
    let response: Response
    try {
      response = await fetch(this.#url, { method: 'POST', headers, body })
    } catch (cause) {
      throw new DemoError(`No server answers at ${this.#url}: start one with "npm start", or set its URL with --url.`, {
        cause,
      })
    }
    const parsed = answer.safeParse(await response.json().catch(() => undefined))
    if (parsed.success) return parsed.data
    throw new DemoError(`${this.#url} returned status ${response.status} and no GraphQL response.`)
  }

  #refused(field: string, code: string, message: string): DemoError {
    return new DemoError(
      code === 'UNAUTHENTICATED'
        ? `${this.#url} does not accept tokens of the key here: run this where the server's data is stored (--database-url), or give the server's AUTH_JWT_SECRET as --token-secret.`
        : `${field} was refused with ${code}: ${message}`,
    )
  }
}
