import { existsSync, globSync, readFileSync } from 'node:fs'
import { join, posix, sep } from 'node:path'
import { circlesIn } from './circles.ts'
import { type ImportOf, importsOf } from './imports.ts'
import { faultOfFile, faultOfOutside, isFree, roomOf } from './rules.ts'
import { faultsOfShape } from './shape.ts'

const sources = ['packages/*/{src,test}/**/*.ts', 'apps/*/{src,test}/**/*.ts', 'bench/src/**/*.ts', 'tools/**/*.ts']

/** Our own packages, by the entry file of each. */
const entries: ReadonlyMap<string, string> = new Map([
  ['@cpc-messenger/messenger', 'packages/messenger/src/index.ts'],
  ['@cpc-messenger/protocol', 'packages/protocol/src/index.ts'],
])
const packageRoot = /^(?:packages|apps)\/[^/]+\/|^(?:bench|tools)\//

interface Inspection {
  readonly files: number
  /** Rooms that hold a file, and pairs of them of which one imports the other. */
  readonly rooms: number
  readonly arrows: number
  /** One line each. */
  readonly faults: readonly string[]
}

type Target = { readonly file: string } | { readonly fault: string } | { readonly outside: string }

const targetOf = (root: string, from: string, specifier: string | undefined): Target => {
  if (specifier === undefined) return { fault: 'the import is computed and cannot be checked' }
  if (!specifier.startsWith('.')) {
    const entry = entries.get(specifier)
    if (entry !== undefined) return { file: entry }
    return specifier.startsWith('@cpc-messenger/')
      ? { fault: `${specifier} is not an entry of one of our packages` }
      : { outside: specifier }
  }
  const file = posix.join(posix.dirname(from), specifier)
  if (!existsSync(join(root, file))) return { fault: `there is no ${file}` }
  return packageRoot.exec(file)?.[0] === packageRoot.exec(from)?.[0]
    ? { file }
    : { fault: `${file} belongs to another package: import the package by its name` }
}

const faultOf = (from: string, { typeOnly }: ImportOf, target: Target): string | undefined => {
  if (isFree(from)) return undefined
  if ('fault' in target) return target.fault
  return 'file' in target ? faultOfFile(from, target.file, typeOnly) : faultOfOutside(from, target.outside)
}

/** The rooms that hold a file, and the arrows between them. */
const roomsOf = (graph: ReadonlyMap<string, readonly string[]>): Pick<Inspection, 'rooms' | 'arrows'> => {
  const rooms = new Set<string>()
  const arrows = new Set<string>()
  for (const [from, reached] of graph) {
    const here = roomOf(from)
    if (here === undefined) continue
    rooms.add(here)
    for (const to of reached) {
      const there = roomOf(to)
      if (there !== undefined && there !== here) arrows.add(`${here} -> ${there}`)
    }
  }
  return { rooms: rooms.size, arrows: arrows.size }
}

/** Reads every import below `root`; returns the forbidden ones and the circles. */
export const inspect = (root: string): Inspection => {
  const files = globSync([...sources], { cwd: root })
    .map(file => file.split(sep).join('/'))
    .sort()
  const graph = new Map<string, readonly string[]>()
  const faults: string[] = []
  for (const from of files) {
    const reached: string[] = []
    for (const found of importsOf(from, readFileSync(join(root, from), 'utf8'))) {
      const target = targetOf(root, from, found.target)
      if ('file' in target) reached.push(target.file)
      const fault = faultOf(from, found, target)
      if (fault !== undefined) faults.push(`${from}:${found.line}: ${fault}`)
    }
    graph.set(from, reached)
  }
  faults.push(...circlesIn(graph).map(circle => `a circle: ${[...circle, circle[0]].join(' -> ')}`))
  faults.push(...faultsOfShape(files))
  return { files: files.length, ...roomsOf(graph), faults }
}
