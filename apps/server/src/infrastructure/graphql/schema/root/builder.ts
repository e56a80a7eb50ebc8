import type { Instant, Json } from '@cpc-messenger/messenger'
import SchemaBuilder from '@pothos/core'
import type { OperationContext } from '../../operations/operation-context.ts'

/** Every topic adds its types to this one builder. */
export const builder = new SchemaBuilder<{
  Context: OperationContext
  Scalars: {
    ID: { Input: string; Output: string }
    DateTime: { Input: Instant; Output: Instant }
    JSON: { Input: Json; Output: Json }
  }
  DefaultFieldNullability: false
  DefaultInputFieldRequiredness: false
}>({ defaultFieldNullability: false })

export type SchemaTypes = typeof builder.$inferSchemaTypes
