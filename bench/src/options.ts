import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { Plan } from './plan.ts'

export const partNames = [
  'sends',
  'postgres',
  'nodes',
  'fanout',
  'peers',
  'rooms',
  'signals',
  'page',
  'flat',
  'memory',
  'accept',
  'latency',
  'slow',
  'storm',
  'replay',
] as const
export type PartName = (typeof partNames)[number]

export interface Options extends Omit<Plan, 'processes' | 'cpus' | 'tell'> {
  readonly only: readonly PartName[]
}

export const usage = `npm run bench -- [options]
  --only PART,PART             only these: ${partNames.join(', ')}
  --seconds 1                  of each measurement
  --rounds 5                   all measurements are made once a round
  --senders 64                 who send at once
  --subscribers 100,1000,5000  of one conversation: the middle number is for what is measured at one
                               size, the last one for memory and for the storm of reconnecting clients
  --rooms 100                  of ten members each
  --messages 1000,100000,2000000  in one conversation: the part flat
  --lists 100,5000             conversations of one user: the part flat
  --cpu-prof FOLDER            CPU profiles of our server go there`

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

const sizesOf = (name: string, text: string, max: number): readonly number[] => {
  const sizes = text.split(',').map(size => whole(name, size, 1, max))
  if (sizes.some((size, index) => size <= (sizes[index - 1] ?? 0)))
    throw new UsageError(`--${name} are numbers in rising order, not ${text}.`)
  return sizes
}

const isPart = (name: string): name is PartName => partNames.some(part => part === name)

const partsOf = (text: string): readonly PartName[] => {
  const names = text.split(',')
  const unknown = names.find(name => !isPart(name))
  if (unknown !== undefined) throw new UsageError(`--only takes ${partNames.join(', ')}, not ${unknown}.`)
  return names.filter(isPart)
}

const known = {
  only: { type: 'string' },
  seconds: { type: 'string', default: '1' },
  rounds: { type: 'string', default: '5' },
  senders: { type: 'string', default: '64' },
  subscribers: { type: 'string', default: '100,1000,5000' },
  rooms: { type: 'string', default: '100' },
  messages: { type: 'string', default: '1000,100000,2000000' },
  lists: { type: 'string', default: '100,5000' },
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

/** Undefined if help was requested. Throws a `UsageError`. */
export const readOptions = (argv: readonly string[]): Options | undefined => {
  const values = valuesOf(argv)
  if (values.help) return undefined
  const sizes = sizesOf('subscribers', values.subscribers, 10_000)
  return {
    only: values.only === undefined ? partNames : partsOf(values.only),
    seconds: number('seconds', values.seconds, 0.05, 60),
    rounds: whole('rounds', values.rounds, 1, 100),
    senders: whole('senders', values.senders, 2, 100),
    sizes,
    usual: sizes[Math.floor(sizes.length / 2)] ?? 1,
    largest: sizes.at(-1) ?? 1,
    rooms: whole('rooms', values.rooms, 1, 1000),
    messages: sizesOf('messages', values.messages, 10_000_000),
    lists: sizesOf('lists', values.lists, 20_000),
    profileFolder: values['cpu-prof'] === undefined ? undefined : resolve(values['cpu-prof']),
  }
}
