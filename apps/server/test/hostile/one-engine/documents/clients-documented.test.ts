import { readFileSync } from 'node:fs'
import { wireErrorCodes } from '@cpc-messenger/protocol'
import { describe, expect, it } from 'vitest'
import { closeCodes } from '../../../../src/infrastructure/errors/close-codes.ts'
import { graphqlCloseCodes } from '../../../../src/infrastructure/graphql/websocket/close-codes.ts'

const rowsUnder = (page: string, heading: string): readonly (readonly string[])[] => {
  const text = readFileSync(new URL(`../../../../../../docs/${page}`, import.meta.url), 'utf8')
  const section = text.split(/^## /m).find(part => part.startsWith(`${heading}\n`)) ?? ''
  const lines = section.split('\n').filter(line => line.startsWith('| '))
  return lines.map(line => line.split('|').map(cell => cell.trim()))
}

const ascending = (one: number, other: number): number => one - other
const codesIn = (page: string, column: number): readonly number[] => {
  const codes = rowsUnder(page, 'Close codes').map(cells => Number(cells[column] || Number.NaN))
  return [...new Set(codes.filter(code => !Number.isNaN(code)))].sort(ascending)
}

/** RFC 6455: text that is not UTF-8. */
const notUtf8 = 1007

const unique = (codes: readonly number[]): readonly number[] => [...new Set(codes)].sort(ascending)
const reasons = Object.values(closeCodes)
const ofMessenger = unique([...reasons.map(({ messenger }) => messenger), notUtf8])
const ofGraphQL = unique([...reasons.map(({ graphql }) => graphql), ...Object.values(graphqlCloseCodes), notUtf8])

describe('the documentation for authors of clients', () => {
  it('has every close code of /graphql', () => {
    expect(codesIn('graphql.md', 1)).toEqual(ofGraphQL)
  })

  it('has every close code of messenger.v1, on both pages', () => {
    expect(codesIn('graphql.md', 2)).toEqual(ofMessenger)
    expect(codesIn('protocol.md', 1)).toEqual(ofMessenger)
  })

  it('has every pair of codes for the same reason', () => {
    const pairs = rowsUnder('graphql.md', 'Close codes').map(cells => `${cells[1]} ${cells[2]}`)
    for (const [name, { graphql, messenger }] of Object.entries(closeCodes))
      expect(pairs, name).toContain(`${graphql} ${messenger}`)
  })

  it('has every error code', () => {
    const codes = rowsUnder('graphql.md', 'Errors').flatMap(cells => [...(cells[1] ?? '').matchAll(/`([A-Z_]+)`/g)])
    expect(codes.map(([, code]) => code).sort()).toEqual([...wireErrorCodes].sort())
  })
})
