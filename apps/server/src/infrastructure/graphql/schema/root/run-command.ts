import type { Conversation, ConversationId, Membership, Message } from '@cpc-messenger/messenger'
import type { UseCase } from '../../../../services/commit/use-case.ts'
import type { OperationContext } from '../../operations/operation-context.ts'

/** What commands answer with. */
type Committed =
  | Conversation
  | { readonly conversationId: ConversationId }
  | { readonly message: Message }
  | readonly Membership[]
  | ConversationId

/** Of members, and of what is gone, nothing is shown that is not looked for anew. */
const conversationOf = (result: Committed): ConversationId | undefined => {
  if (typeof result === 'string' || 'length' in result) return undefined
  if ('message' in result) return result.message.conversationId
  return 'conversationId' in result ? result.conversationId : result.id
}

/** Carries a command out. What the answer shows beside the result is read after it; a command waits with no read standing open. */
export const runCommand = async <Input, Result extends Committed>(
  context: OperationContext,
  useCase: UseCase<Input, Result>,
  input: Input,
): Promise<Result> => {
  context.dependencies.limiter?.takeForCommand(useCase, input, context.actor)
  await context.resetSnapshot()
  const result = await context.dependencies.committer.run(useCase, input, context.actor, context.trace)
  const conversationId = conversationOf(result)
  if (conversationId !== undefined) context.committedIn(conversationId)
  return result
}
