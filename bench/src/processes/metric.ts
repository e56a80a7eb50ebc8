export interface Metric {
  readonly name: string
  readonly value: number
}

/** The first of these metrics that our server has at `/metrics`, summed over all labels. */
export const metricOf = async (port: number, ...names: readonly string[]): Promise<Metric | undefined> => {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  for (const name of names) {
    const values = [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\d+(?:\\.\\d+)?)$`, 'gm'))]
    if (values.length > 0) return { name, value: values.reduce((sum, [, value]) => sum + Number(value), 0) }
  }
  return undefined
}
