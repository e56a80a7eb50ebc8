import { Refusal } from '@cpc-messenger/messenger'
import { type GraphQLField, type GraphQLFieldResolver, type GraphQLSchema, isObjectType } from 'graphql'
import type { Meter } from '../../../services/telemetry/meter.ts'
import { type OperationContext, requireSession } from './operation-context.ts'

/** The only field that needs no token. */
const open = 'server'

type Resolver = GraphQLFieldResolver<unknown, OperationContext>

const codeOf = (error: unknown): string => (error instanceof Refusal ? error.code : 'INTERNAL')

const metered = async (name: string, meter: Meter, work: () => unknown): Promise<unknown> => {
  try {
    const answer = await work()
    meter.request(name, 'OK')
    return answer
  } catch (error) {
    meter.request(name, codeOf(error))
    throw error
  }
}

const guarded =
  (name: string, resolve: Resolver): Resolver =>
  (root, args, context, info) =>
    metered(name, context.dependencies.meter, () => {
      if (name !== open) requireSession(context.caller, context.dependencies)
      return resolve(root, args, context, info)
    })

const guard = (field: GraphQLField<unknown, OperationContext>): void => {
  if (field.subscribe) field.subscribe = guarded(field.name, field.subscribe)
  else if (field.resolve) field.resolve = guarded(field.name, field.resolve)
}

/** Makes every root field require a valid token, and counts its result. */
export const guardRootFields = (schema: GraphQLSchema): GraphQLSchema => {
  for (const type of [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()])
    if (isObjectType(type)) for (const field of Object.values(type.getFields())) guard(field)
  return schema
}
