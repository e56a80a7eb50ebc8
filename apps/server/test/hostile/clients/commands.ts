import type { ConversationId, MessageId } from '@cpc-messenger/messenger'
import { sendMessage } from '../../../src/services/commands/messages.ts'
import type { UseCase } from '../../../src/services/commit/use-case.ts'
import { actorOf } from '../../../src/services/identity/actor.ts'
import { type GraphQLServer, userId } from '../../graphql/graphql-server.ts'

/** Runs commands at the committer: over HTTP an answer would wait for readers that a test holds busy. */
export const committerOf =
  (serverOf: () => GraphQLServer) =>
  <Input, Result>(name: string, useCase: UseCase<Input, Result>, input: Input): Promise<Result> =>
    serverOf().dependencies.committer.run(useCase, input, actorOf(userId(name)))
export type Commit = ReturnType<typeof committerOf>

/** A message of alice's. */
export const sendText = (
  commit: Commit,
  conversationId: ConversationId,
  text: string,
  replyToId: MessageId | null = null,
) =>
  commit('alice', sendMessage, {
    conversationId,
    content: { text, format: 'PLAIN' },
    clientMessageId: null,
    replyToId,
    metadata: null,
  })
