import { badInput, maxSequence } from '@cpc-messenger/messenger'
import type { OperationContext } from '../../operations/operation-context.ts'

export const pageSize = 100
export const membersPageSize = 1000
export const eventsAtOnce = 1000
export const nodesAtOnce = 100
export const usualPage = 50

/** The description of an argument for the size of a page, in the public schema. */
export const pageSizeDescription = (most = pageSize): string => `The page size, 1 to ${most}; default ${usualPage}.`

type Pages = Pick<OperationContext, 'pageRows'>

/** The number of rows that a page may have. Null counts as absent. */
export const pageLimit = (pages: Pages, first: number | null | undefined, field = 'first', most = pageSize): number => {
  if (first === null || first === undefined) return pages.pageRows(usualPage)
  if (first < 1 || first > most) throw badInput(field, `${field} is from 1 to ${most}.`)
  return pages.pageRows(first)
}

export const optionalSequence = (sequence: number | null | undefined, field: string): number | undefined => {
  if (sequence === null || sequence === undefined) return undefined
  if (sequence < 0 || sequence > maxSequence) throw badInput(field, `${field} is from 0 to ${maxSequence}.`)
  return sequence
}
