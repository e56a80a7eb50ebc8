import { OperationTypeNode } from 'graphql'
import type { AnswerLimits } from '../compiled/answer-limits.ts'
import type { Cost } from './cost.ts'
import { tooComplex } from './too-complex.ts'

const maxAnswerBytes = 8 * 1024 * 1024

/** What was estimated to hold less is stopped there while it is written. */
export const answerLimits: AnswerLimits = { bytes: maxAnswerBytes, items: 50_000 }

const ofAnswer: Cost = { statements: 1000, rows: 20_000, searches: 10, bytes: maxAnswerBytes }

/** Each event is executed anew, and many may come at one time. */
const ofEvent: Cost = { statements: 60, rows: 2000, searches: 1, bytes: 1024 * 1024 }

const limits: Readonly<Record<OperationTypeNode, Cost>> = {
  [OperationTypeNode.QUERY]: ofAnswer,
  [OperationTypeNode.MUTATION]: ofAnswer,
  [OperationTypeNode.SUBSCRIPTION]: ofEvent,
}

const too: Readonly<Record<keyof Cost, (cost: number, most: number) => string>> = {
  statements: (cost, most) =>
    `This takes some ${cost} reads of the database, of ${most} at most: ask for fewer lists, or for fewer rows around them.`,
  rows: (cost, most) => `This reads some ${cost} rows, of ${most} at most: ask for smaller pages.`,
  searches: (cost, most) => `This searches ${cost} times, of ${most} at most.`,
  bytes: (cost, most) =>
    `The answer would hold some ${cost} bytes, of ${most} at most: ask for smaller pages, or for less of each row.`,
}

const names = ['statements', 'rows', 'searches', 'bytes'] as const satisfies readonly (keyof Cost)[]

/** Refuses an operation that takes too much. */
export const requireAffordable = (cost: Cost, operation: OperationTypeNode): void => {
  const most = limits[operation]
  for (const name of names) if (cost[name] > most[name]) throw tooComplex(too[name](Math.ceil(cost[name]), most[name]))
}
