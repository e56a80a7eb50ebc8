/** Each circle of imports once, as its files in order. */
export const circlesIn = (imports: ReadonlyMap<string, readonly string[]>): readonly (readonly string[])[] => {
  const circles: (readonly string[])[] = []
  const finished = new Set<string>()
  const path: string[] = []
  const walk = (file: string): void => {
    const start = path.indexOf(file)
    if (start !== -1) circles.push(path.slice(start))
    if (start !== -1 || finished.has(file)) return
    path.push(file)
    for (const next of imports.get(file) ?? []) walk(next)
    path.pop()
    finished.add(file)
  }
  for (const file of imports.keys()) walk(file)
  return circles
}
