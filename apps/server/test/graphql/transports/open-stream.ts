import type { OperationRunner } from '../../../src/infrastructure/graphql/operations/operation-runner.ts'
import { ResponseStream } from '../../../src/infrastructure/graphql/subscriptions/response-stream.ts'
import { CpuAccount } from '../../../src/infrastructure/scheduling/cpu-account.ts'
import { sessionOf } from '../../session-of.ts'
import { type GraphQLServer, userId } from '../graphql-server.ts'

/** A subscription of a user, without a transport. */
export const openStream = async (
  runner: OperationRunner,
  server: GraphQLServer,
  name: string,
  query: string,
  variables: Readonly<Record<string, unknown>>,
): Promise<ResponseStream> => {
  const session = sessionOf(userId(name), server.clock.now() + 3_600_000)
  const { document, errors } = runner.prepare(query, { session })
  if (errors !== undefined) throw new Error(JSON.stringify(errors))
  const stream = await runner.subscribe(
    { document, variables },
    { session, resume: undefined, account: new CpuAccount() },
  )
  if (!(stream instanceof ResponseStream)) throw new Error(JSON.stringify(stream))
  return stream
}
