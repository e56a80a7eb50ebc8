import type {
  Conversation,
  ConversationId,
  Membership,
  Message,
  StoredPresence,
  UserId,
} from '@cpc-messenger/messenger'
import type { UseCase } from '../../../../services/commit/use-case.ts'
import type { OperationContext } from '../../operations/operation-context.ts'

/** The results of commands. */
type Committed =
  | Conversation
  | { readonly conversationId: ConversationId }
  | { readonly message: Message }
  | readonly Membership[]
  | StoredPresence
  | { readonly userId: UserId }
  | ConversationId

/** Undefined for members, users, presence and deleted objects: the fields below those check access themselves. */
const conversationOf = (result: Committed): ConversationId | undefined => {
  if (typeof result === 'string' || 'length' in result || 'choice' in result) return undefined
  if ('message' in result) return result.message.conversationId
  if ('conversationId' in result) return result.conversationId
  return 'id' in result ? result.id : undefined
}

/** Runs a command. The snapshot is closed before it, and the fields below the result read a new one. */
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
