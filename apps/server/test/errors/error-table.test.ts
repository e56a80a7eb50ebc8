import { errorCodes } from '@cpc-messenger/messenger'
import { expect, it } from 'vitest'
import { closeCodes } from '../../src/infrastructure/errors/close-codes.ts'
import { errorTable } from '../../src/infrastructure/errors/error-table.ts'

it('every error code has its forms, and closes with a documented close code', () => {
  expect(Object.keys(errorTable).sort()).toEqual([...errorCodes].sort())
  const ofGraphQL = Object.values(closeCodes).map(({ graphql }) => graphql)
  const ofMessenger = Object.values(closeCodes).map(({ messenger }) => messenger)
  for (const { graphqlClose, messengerClose } of Object.values(errorTable)) {
    expect(ofGraphQL).toContain(graphqlClose)
    expect(['stays-open', ...ofMessenger]).toContain(messengerClose)
  }
})

it('retryable errors close with codes that clients retry', () => {
  for (const code of ['RATE_LIMITED', 'UNAVAILABLE'] as const) {
    expect(errorTable[code].graphqlClose).toBe(1013)
    expect(errorTable[code].httpStatus).toBeGreaterThanOrEqual(429)
  }
})
