import { seeded } from '../seeded.ts'
import { nodesInCluster } from '../support/deployment.ts'

const kinds = [
  'node killed',
  'node stopped',
  'NATS stopped',
  'NATS wiped',
  'NATS cut off',
  'PostgreSQL stopped',
] as const

export type FaultKind = (typeof kinds)[number]

export interface Fault {
  readonly kind: FaultKind
  /** Whom it is about, where it is about one node. */
  readonly node: number
  /** From the start. */
  readonly atMs: number
  readonly lastsMs: number
}

/** How long each may last: 0 for one that is over at once. */
const longest: Readonly<Record<FaultKind, number>> = {
  'node killed': 3000,
  'node stopped': 3000,
  'NATS stopped': 6000,
  'NATS wiped': 0,
  'NATS cut off': 8000,
  'PostgreSQL stopped': 2500,
}

const quietMs = 2000
const everyMs = { least: 400, most: 5000 }

/** The same for the same seed. Faults may overlap; the last of them is over before the end. */
export const faultPlan = (seed: number, totalMs: number): readonly Fault[] => {
  const random = seeded(seed)
  const plan: Fault[] = []
  for (let atMs = quietMs; ; atMs += everyMs.least + random() * (everyMs.most - everyMs.least)) {
    const kind = kinds[Math.floor(random() * kinds.length)] ?? 'node killed'
    const node = Math.floor(random() * nodesInCluster)
    const lastsMs = random() * longest[kind]
    if (atMs + lastsMs > totalMs - quietMs) return plan
    plan.push({ kind, node, atMs: Math.round(atMs), lastsMs: Math.round(lastsMs) })
  }
}
