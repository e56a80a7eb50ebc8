import { existsSync, readFileSync } from 'node:fs'

/** Files other than connections: modules, databases, channels. */
const others = 500

/** How many files one process may have open; known only on Linux. */
const openFilesLimit = (): number => {
  const limits = '/proc/self/limits'
  if (!existsSync(limits)) return Number.POSITIVE_INFINITY
  const limit = /^Max open files\s+(\d+)/m.exec(readFileSync(limits, 'utf8'))?.[1]
  return limit === undefined ? Number.POSITIVE_INFINITY : Number(limit)
}

/**
 * Why so many subscribers are not possible here, or undefined: the load process holds those of two servers at a time.
 */
export const tooFewFiles = (subscribers: number): string | undefined => {
  const [limit, wanted] = [openFilesLimit(), subscribers * 2 + others]
  if (limit >= wanted) return undefined
  return `${subscribers} subscribers need ${wanted} open files and the limit is ${limit}: raise it with "ulimit -n ${wanted}", or give smaller --subscribers.`
}
