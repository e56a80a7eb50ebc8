import { type DocumentNode, parse, validateSubscriptionArgs } from 'graphql'
import { describe, expect, it } from 'vitest'
import { buildGraphQLSchema } from '../../../../src/infrastructure/graphql/schema/schema.ts'
import { keptArguments } from '../../../../src/infrastructure/graphql/subscriptions/kept-arguments.ts'

const schema = buildGraphQLSchema()
const positions = Array.from({ length: 1000 }, (_, sequence) => ({ conversationId: `conv_${sequence}`, sequence }))

const keptOf = (text: string, variableValues: Readonly<Record<string, unknown>>): readonly string[] => {
  const document: DocumentNode = parse(text)
  const args = validateSubscriptionArgs({ schema, document, variableValues })
  if (!('schema' in args)) throw new Error(JSON.stringify(args))
  const { sources, coerced } = keptArguments(args).variableValues
  expect(Object.keys(sources).toSorted()).toEqual(Object.keys(coerced).toSorted())
  return Object.keys(coerced)
    .filter(name => !Array.isArray(coerced[name]) || coerced[name].length > 0)
    .toSorted()
}

describe('what a subscription keeps of its variables', () => {
  it('are not the positions that opened it', () => {
    const text = 'subscription($after: [ConversationPosition!]) { inboxEvents(after: $after) { __typename } }'
    expect(keptOf(text, { after: positions })).toEqual([])
  })

  it('are not those that the operation does not declare', () => {
    const text = 'subscription($id: ID!) { conversationEvents(conversationId: $id) { __typename } }'
    expect(keptOf(text, { id: 'conv_1', other: 'x'.repeat(60_000), list: positions })).toEqual(['id'])
  })

  it('are those of the selection, in fragments and conditions too', () => {
    const text = `subscription($after: [ConversationPosition!], $first: Int, $shown: Boolean!, $more: Boolean!) {
        inboxEvents(after: $after) { ...Created @include(if: $more) }
      }
      fragment Created on MessageCreated {
        sequence @include(if: $shown)
        message { conversation { members(first: $first) { totalCount } } }
      }`
    const variables = { after: positions, first: 5, shown: true, more: false }
    expect(keptOf(text, variables)).toEqual(['first', 'more', 'shown'])
  })
})
