import { readFileSync } from 'node:fs'
import { setTimeout as after } from 'node:timers/promises'

/** Memory that the system holds for a process just now; Linux only. */
export const residentBytes = (pid: number): number => {
  const kilobytes = /^VmRSS:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  if (kilobytes === undefined) throw new Error(`process ${pid} does not report its memory`)
  return Number(kilobytes) * 1024
}

/** One collection may leave garbage for the next. */
const collections = 2
const collectMs = 200

/** As `residentBytes`, after all garbage was collected. */
export const settledBytes = async (pid: number): Promise<number> => {
  for (let done = 0; done < collections; done += 1) {
    process.kill(pid, 'SIGUSR2')
    await after(collectMs)
  }
  return residentBytes(pid)
}
