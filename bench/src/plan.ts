import type { Cpus } from './processes/cpus.ts'
import type { Processes } from './processes/processes.ts'

/** What one run measures, and with what. */
export interface Plan {
  readonly processes: Processes
  readonly cpus: Cpus
  /** Of each measurement. */
  readonly seconds: number
  readonly rounds: number
  /** How many users send at once, if it is not one. */
  readonly senders: number
  /** Subscribers of one conversation: every number at which fan-out is measured. */
  readonly sizes: readonly number[]
  /** The middle one of them, which most other measurements use. */
  readonly usual: number
  readonly largest: number
  /** Of ten each, where there are many. */
  readonly rooms: number
  /** Messages in one conversation: every number at which the cost of reading and sending is measured, the smallest first. */
  readonly messages: readonly number[]
  /** Conversations of one user: likewise. */
  readonly lists: readonly number[]
  /** Where our server's CPU profiles go. */
  readonly profileFolder: string | undefined
  /** Called with the progress. */
  readonly tell: (line: string) => void
}
