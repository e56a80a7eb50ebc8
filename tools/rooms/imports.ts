import { parseSync, Visitor } from 'rolldown/utils'

/** One import, re-export, `import()` or `import('…')` type of a file. */
export interface ImportOf {
  /** As written; undefined if it is computed. */
  readonly target: string | undefined
  /** It imports only types. */
  readonly typeOnly: boolean
  readonly line: number
}

const literal = (source: string): string | undefined => /^(['"`])([^'"`$\\]+)\1$/.exec(source.trim())?.[2]

/** Everything that a TypeScript file imports. Throws a `SyntaxError` if it cannot be parsed. */
export const importsOf = (file: string, source: string): readonly ImportOf[] => {
  const { module, errors, program } = parseSync(file, source)
  const [error] = errors
  if (error !== undefined) throw new SyntaxError(`${file}: ${error.message}`)
  const lineAt = (offset: number): number => source.slice(0, offset).split('\n').length
  const found: ImportOf[] = []
  for (const { moduleRequest, entries, start } of module.staticImports) {
    const typeOnly = entries.length > 0 && entries.every(entry => entry.isType)
    found.push({ target: moduleRequest.value, typeOnly, line: lineAt(start) })
  }
  for (const { entries, start } of module.staticExports) {
    const from = entries.filter(entry => entry.moduleRequest !== null)
    const target = from[0]?.moduleRequest?.value
    if (target !== undefined) found.push({ target, typeOnly: from.every(entry => entry.isType), line: lineAt(start) })
  }
  for (const { moduleRequest, start } of module.dynamicImports)
    found.push({
      target: literal(source.slice(moduleRequest.start, moduleRequest.end)),
      typeOnly: false,
      line: lineAt(start),
    })
  new Visitor({
    TSImportType({ source: { value }, start }) {
      found.push({ target: value, typeOnly: true, line: lineAt(start) })
    },
  }).visit(program)
  return found
}
