import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

export interface Cpus {
  /** Undefined if a process cannot be pinned to one CPU. */
  readonly measured: number | undefined
  readonly load: number | undefined
}

const anywhere: Cpus = { measured: undefined, load: undefined }

/** The CPUs of a list as Linux writes it: `0-2,5`. */
const parseCpuList = (text: string): readonly number[] =>
  text
    .trim()
    .split(',')
    .filter(range => range !== '')
    .flatMap(range => {
      const [first = '', last = first] = range.split('-')
      return Array.from({ length: Number(last) - Number(first) + 1 }, (_, index) => Number(first) + index)
    })

/** One CPU for the measured process and another for the load, so that they do not compete. */
export const chooseCpus = (): Cpus => {
  if (process.platform !== 'linux' || spawnSync('taskset', ['--version']).status !== 0) return anywhere
  const allowed = /^Cpus_allowed_list:(.*)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? ''
  const [measured, load] = parseCpuList(allowed)
  return load === undefined ? anywhere : { measured, load }
}

/** The words before a command that pin it to this CPU. */
export const pinnedTo = (cpu: number | undefined): readonly string[] =>
  cpu === undefined ? [] : ['taskset', '-c', String(cpu)]
