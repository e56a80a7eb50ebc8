import { posix } from 'node:path'

/** No folder holds more source files than this. */
const maxFiles = 20

const server = 'apps/server/src'

/** Folders that hold files beside folders, and why. Each other folder of the source holds either files or folders. */
const mayMix: ReadonlyMap<string, string> = new Map([
  ['packages/messenger/src', 'the domain; its ports are in a folder'],
  [server, 'puts everything together: main, settings'],
  [`${server}/commands`, 'one file for each command; what `demo` sends is in a folder'],
])

/** Files that put the folders beside them together. */
const entries: ReadonlySet<string> = new Set([
  `${server}/infrastructure/tables/tables.ts`,
  `${server}/infrastructure/graphql/execution/executors.ts`,
  `${server}/infrastructure/graphql/transport.ts`,
  `${server}/infrastructure/graphql/schema/schema.ts`,
])

const isSource = (file: string): boolean => /^(?:apps|packages)\/[^/]+\/src\//.test(file)

/** The folders that hold too much, and the files beside folders, of these files. */
export const faultsOfShape = (files: readonly string[]): readonly string[] => {
  const byFolder = Map.groupBy(files, file => posix.dirname(file))
  const parents = new Set([...byFolder.keys()].map(folder => posix.dirname(folder)))
  const faults: string[] = []
  for (const [folder, inside] of byFolder) {
    if (inside.length > maxFiles)
      faults.push(`${folder}: ${inside.length} files; sort them into folders of at most ${maxFiles}`)
    if (!parents.has(folder) || mayMix.has(folder)) continue
    for (const file of inside)
      if (isSource(file) && !entries.has(file)) faults.push(`${file}: is beside folders; move it into one of them`)
  }
  return faults
}
