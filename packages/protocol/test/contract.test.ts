import { existsSync, readFileSync } from 'node:fs'
import * as domain from '@cpc-messenger/messenger'
import { describe, expect, it } from 'vitest'
import {
  clientFrameSchemas,
  clientFramesNotImplemented,
  closings,
  deletedText,
  errorMeanings,
  eventFrameSchemas,
  messageFieldsNotImplemented,
  messageSchema,
  roleSchema,
  serverFrameSchemas,
  serverFramesNotImplemented,
  signalFrameSchemas,
  wireErrorCodes,
} from '../src/index.ts'
import { presenceUsers } from '../src/limits.ts'
import { highestSequence, wireInstant } from '../src/scalars.ts'

const contract = readFileSync(new URL('../contract/websocket.md.txt', import.meta.url), 'utf8')

/** The rows of the table that begins with this heading, as cells. */
const table = (heading: string): readonly (readonly string[])[] => {
  const lines = contract.slice(contract.indexOf(`| ${heading} |`)).split('\n')
  const end = lines.findIndex(line => !line.startsWith('|'))
  return lines.slice(2, end).map(line => line.replaceAll('\\|', '/').split('|').slice(1, -1))
}

const framesNamed = (rows: readonly (readonly string[])[]): ReadonlySet<string> =>
  new Set(
    rows.flatMap(([cell = '']) => {
      const inFrames = [...cell.matchAll(/"type":"(\w+)"/g)].map(([, name = '']) => name)
      const listed = [...cell.matchAll(/`([A-Z]\w+)`/g)].map(([, name = '']) => name)
      return [...inFrames, ...listed]
    }),
  )

const sorted = (names: Iterable<string>) => [...names].toSorted()

it('the copy of the contract is the contract', ({ skip }) => {
  const original = new URL('../../../../shared/contract/websocket.md', import.meta.url)
  if (!existsSync(original)) skip('the contract is not beside this checkout')
  expect(contract).toBe(readFileSync(original, 'utf8'))
})

describe('the frames of the contract are served, or listed as not implemented', () => {
  it('of clients', () => {
    const named = framesNamed(table('client sends'))
    // The contract's "…" after UnsubscribeInbox: each Subscribe has its Unsubscribe.
    const implied = [...named].filter(name => name.startsWith('Subscribe')).map(name => `Un${name.replace('S', 's')}`)
    const ours = [...Object.keys(clientFrameSchemas), ...clientFramesNotImplemented]
    expect(sorted(ours)).toEqual(sorted(new Set([...named, ...implied])))
  })

  it('of the server', () => {
    const ours = [...Object.keys(serverFrameSchemas), ...serverFramesNotImplemented]
    expect(sorted(ours)).toEqual(sorted(framesNamed(table('server sends'))))
  })

  it('and so are the fields of a message', () => {
    const after = contract.split(/viewer-independent fields of GraphQL's\s+`Message`: /)[1] ?? ''
    const sentence = after.replaceAll(/\(.*?\)/gs, '').split(';')[0] ?? ''
    const named = [...sentence.matchAll(/`(\w+)`/g)].map(([, name = '']) => name)
    expect(sorted([...Object.keys(messageSchema.shape), ...messageFieldsNotImplemented])).toEqual(sorted(named))
  })
})

it('every close code of both columns is in the table of closings, and no other', () => {
  const rows = table('why')
  const codesIn = (column: number) =>
    sorted(new Set(rows.flatMap(row => [...(row[column] ?? '').matchAll(/\b\d{4}\b/g)].map(([code]) => code))))
  const ours = Object.values(closings)
  expect(sorted(new Set(ours.map(({ messenger }) => String(messenger))))).toEqual(codesIn(1))
  expect(sorted(new Set(ours.map(({ graphql }) => String(graphql))))).toEqual(codesIn(2))
})

describe('the values that are repeated here, because only types are imported from the domain, are the same there', () => {
  it('codes', () => {
    expect(wireErrorCodes).toEqual(domain.errorCodes)
    expect(Object.keys(errorMeanings)).toEqual(domain.errorCodes)
  })

  it('events, roles and the marker', () => {
    expect(Object.keys(eventFrameSchemas)).toEqual(domain.eventTypes)
    expect(roleSchema.options).toEqual(domain.roles)
    expect(signalFrameSchemas.PresenceChanged.shape.status.options).toEqual(domain.presenceStatuses)
    expect(clientFrameSchemas.SetPresence.shape.status.options).toEqual(domain.presenceChoices)
    expect(signalFrameSchemas.ViewerChanged.shape.presenceChoice.options).toEqual(domain.presenceChoices)
    expect(deletedText).toBe(domain.deletedMarker)
  })

  it('limits', () => {
    expect(presenceUsers).toBe(domain.presencePerSubscription)
  })

  it('sequences and instants', () => {
    expect(highestSequence).toBe(domain.maxSequence)
    for (const at of [0, -1, domain.maxSequence * 1000, Date.UTC(2026, 10, 22, 8, 15, 30, 7)])
      expect(wireInstant(at)).toBe(domain.formatInstant(at))
  })
})
