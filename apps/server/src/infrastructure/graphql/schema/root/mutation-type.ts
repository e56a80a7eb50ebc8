import { builder } from './builder.ts'

builder.mutationType({
  description: 'What may be changed. Each field is carried out by itself, one after the other.',
})
