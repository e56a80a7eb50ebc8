import { globSync, readFileSync } from 'node:fs'
import { sep } from 'node:path'
import { findIn, type Hit } from './words/find.ts'
import { excluded, sources } from './words/sources.ts'
import { misspelledIn } from './words/spelling.ts'

/** The areas of which hits are counted together: a package or app, and up to three folders in it. */
const areaOf = (file: string): string => {
  const folders = file.split('/').slice(0, -1)
  return folders.slice(0, file.startsWith('apps/server/src/infrastructure') ? 5 : 4).join('/') || '.'
}

const isIn = (folders: readonly string[], file: string): boolean =>
  folders.some(folder => file === folder || file.startsWith(`${folder}/`))

const asked = process.argv.slice(2).map(folder => folder.replace(/^\.\/|\/+$/g, ''))
const files = globSync([...sources])
  .map(file => file.split(sep).join('/'))
  .filter(file => !isIn(excluded, file) && (asked.length === 0 || isIn(asked, file)))
  .sort()
const hits = files.flatMap(file => findIn(file, readFileSync(file, 'utf8')))

for (const { file, line, found, instead } of hits) console.error(`${file}:${line}: "${found}"; say: ${instead}`)
const areas = Map.groupBy(hits, ({ file }: Hit) => areaOf(file))
for (const [area, inArea] of areas) {
  const names = new Set(inArea.map(({ found }) => found)).size
  console.log(`${String(inArea.length).padStart(5)}  ${area} (${names} different)`)
}
const misspelled = misspelledIn(files)
for (const line of misspelled) console.error(`${line}; if it is right, add it to tools/words/dictionary.txt`)
console.log(
  `${files.length} files: ${hits.length} words that are not used here; ${misspelled.length} that are in no dictionary`,
)
if (hits.length > 0 || misspelled.length > 0 || files.length === 0) process.exitCode = 1
