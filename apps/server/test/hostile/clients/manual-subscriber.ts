import { guardRootFields } from '../../../src/infrastructure/graphql/operations/guard-root-fields.ts'
import { OperationRunner } from '../../../src/infrastructure/graphql/operations/operation-runner.ts'
import { buildGraphQLSchema } from '../../../src/infrastructure/graphql/schema/schema.ts'
import type { ResponseStream } from '../../../src/infrastructure/graphql/subscriptions/response-stream.ts'
import type { GraphQLServer } from '../../graphql/graphql-server.ts'
import { openStream } from '../../graphql/transports/open-stream.ts'

export const runnerOf = (server: GraphQLServer): OperationRunner =>
  new OperationRunner(guardRootFields(buildGraphQLSchema()), server.dependencies)

/** A subscriber whose socket has room only when the test says so: it takes results one by one. */
export class ManualSubscriber implements Disposable {
  readonly #stream: ResponseStream
  #ready = Promise.withResolvers<void>()

  private constructor(stream: ResponseStream) {
    this.#stream = stream
    stream.attach({
      streamReady: () => {
        this.#ready.resolve()
        this.#ready = Promise.withResolvers<void>()
      },
    })
  }

  static async open(...of: Parameters<typeof openStream>): Promise<ManualSubscriber> {
    return new ManualSubscriber(await openStream(...of))
  }

  get ended(): boolean {
    return this.#stream.ended
  }

  /** The text of the next result, if it is in memory. */
  take(): string | undefined {
    return this.#stream.take()?.json
  }

  /** Takes until a result satisfies the condition, or the stream ends; resolves with what was taken. */
  async takeUntil(condition: (text: string) => boolean): Promise<readonly string[]> {
    const taken: string[] = []
    const deadline = Date.now() + 10_000
    while (!this.ended) {
      const { promise } = this.#ready
      const text = this.take()
      if (text !== undefined) {
        taken.push(text)
        if (condition(text)) break
        continue
      }
      if (this.ended) break
      if (Date.now() > deadline) throw new Error(`it did not come; there is ${taken.join('\n')}`)
      await Promise.race([promise, new Promise(resolve => setTimeout(resolve, 200))])
    }
    return taken
  }

  [Symbol.dispose](): void {
    this.#stream.close()
  }
}
