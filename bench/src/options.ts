import { resolve } from 'node:path'
import { parseArgs } from 'node:util'

export const parts = ['sends', 'fanout'] as const
export type Part = (typeof parts)[number]

export interface Options {
  readonly parts: readonly Part[]
  readonly seconds: number
  readonly rounds: number
  readonly senders: number
  readonly subscribers: number
  readonly profileFolder: string | undefined
}

export const usage = `npm run bench -- [options]
  --only sends|fanout    only this part
  --seconds 2            of each measurement
  --rounds 5             all measurements are made once a round
  --senders 64           who send at once
  --subscribers 1000     of one conversation
  --cpu-prof FOLDER      CPU profiles of our server go there`

export class UsageError extends Error {
  override readonly name = 'UsageError'
}

const number = (name: string, text: string, min: number, max: number): number => {
  const value = Number(text)
  if (!(value >= min && value <= max)) throw new UsageError(`--${name} is a number from ${min} to ${max}, not ${text}.`)
  return value
}

const whole = (name: string, text: string, min: number, max: number): number => {
  const value = number(name, text, min, max)
  if (!Number.isInteger(value)) throw new UsageError(`--${name} is a whole number, not ${text}.`)
  return value
}

const known = {
  only: { type: 'string' },
  seconds: { type: 'string', default: '2' },
  rounds: { type: 'string', default: '5' },
  senders: { type: 'string', default: '64' },
  subscribers: { type: 'string', default: '1000' },
  'cpu-prof': { type: 'string' },
  help: { type: 'boolean', default: false },
} as const

const valuesOf = (argv: readonly string[]) => {
  try {
    return parseArgs({ args: [...argv], options: known }).values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

/** Undefined where help was asked for. Throws a `UsageError`. */
export const readOptions = (argv: readonly string[]): Options | undefined => {
  const values = valuesOf(argv)
  if (values.help) return undefined
  const { only } = values
  const wanted = parts.filter(part => only === undefined || part === only)
  if (wanted.length === 0) throw new UsageError(`--only is one of ${parts.join(' and ')}, not ${only}.`)
  return {
    parts: wanted,
    seconds: number('seconds', values.seconds, 0.05, 60),
    rounds: whole('rounds', values.rounds, 1, 100),
    senders: whole('senders', values.senders, 2, 100),
    subscribers: whole('subscribers', values.subscribers, 1, 10_000),
    profileFolder: values['cpu-prof'] === undefined ? undefined : resolve(values['cpu-prof']),
  }
}
