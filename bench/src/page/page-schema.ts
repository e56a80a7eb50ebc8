import type { ObjectSchema } from 'fast-json-stringify'

const text = { type: 'string' } as const
const whole = { type: 'integer' } as const

const objectOf = (properties: NonNullable<ObjectSchema['properties']>): ObjectSchema => ({ type: 'object', properties })
const listOf = (items: ObjectSchema) => ({ type: 'array', items }) as const

const message = objectOf({
  id: text,
  sequence: whole,
  createdAt: text,
  content: objectOf({ text }),
  author: objectOf({ id: text, displayName: text, avatarUrl: { type: 'string', nullable: true } }),
  reactions: listOf(objectOf({ emoji: text, count: whole })),
})

/** The schema of the response, from which its serialiser is compiled. */
export const pageSchema = objectOf({
  data: objectOf({
    conversation: objectOf({
      messages: objectOf({
        edges: listOf(objectOf({ node: message })),
        pageInfo: objectOf({ hasPreviousPage: { type: 'boolean' } }),
      }),
    }),
  }),
})
