import { builder } from './builder.ts'

builder.mutationType({
  description: 'Changes. The fields are executed one after the other, each in its own transaction.',
})
