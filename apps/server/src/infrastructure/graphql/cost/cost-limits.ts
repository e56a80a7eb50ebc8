import { OperationTypeNode } from 'graphql'
import type { AnswerLimits } from '../execution/interface/answer-limits.ts'
import type { Cost } from './cost.ts'
import { tooComplex } from './too-complex.ts'

const maxAnswerBytes = 8 * 1024 * 1024

/** The limits of a response while it is written: the estimate may have been too low. */
export const answerLimits: AnswerLimits = { bytes: maxAnswerBytes, items: 50_000 }

const ofAnswer: Cost = { statements: 2000, rows: 40_000, searches: 10, bytes: maxAnswerBytes }

/** Lower than for an answer: every event is executed, and many can arrive at once. */
const ofEvent: Cost = { statements: 60, rows: 2000, searches: 1, bytes: 1024 * 1024 }

const limits: Readonly<Record<OperationTypeNode, Cost>> = {
  [OperationTypeNode.QUERY]: ofAnswer,
  [OperationTypeNode.MUTATION]: ofAnswer,
  [OperationTypeNode.SUBSCRIPTION]: ofEvent,
}

const too: Readonly<Record<keyof Cost, (cost: string, most: string) => string>> = {
  statements: (cost, most) =>
    `This query may take about ${cost} database reads; the limit is ${most}. Request fewer lists, or fewer rows around them.`,
  rows: (cost, most) => `This query may read about ${cost} rows; the limit is ${most}. Request smaller pages.`,
  searches: (cost, most) => `This query searches ${cost} times; the limit is ${most}.`,
  bytes: (cost, most) =>
    `The answer may hold about ${cost} bytes; the limit is ${most}. Request smaller pages, or fewer fields of each row.`,
}

const names = ['statements', 'rows', 'searches', 'bytes'] as const satisfies readonly (keyof Cost)[]

const shown = (number: number): string => Math.ceil(number).toLocaleString('en-US')

/** Refuses an operation that costs too much. */
export const requireCost = (cost: Cost, operation: OperationTypeNode): void => {
  const most = limits[operation]
  for (const name of names)
    if (cost[name] > most[name]) throw tooComplex(too[name](shown(cost[name]), shown(most[name])))
}
