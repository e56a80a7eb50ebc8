/** Best first: what a server counts of what it asks of its store. */
const names = ['messenger_store_statements_total', 'messenger_store_reads_total']

export interface StoreStatements {
  readonly metric: string
  readonly count: number
}

/** What a server of ours tells at `/metrics`; undefined where it does not count it. */
export const storeStatements = async (port: number): Promise<StoreStatements | undefined> => {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  for (const metric of names) {
    const values = [...text.matchAll(new RegExp(`^${metric}(?:\\{[^}]*\\})? (\\d+(?:\\.\\d+)?)$`, 'gm'))]
    if (values.length > 0) return { metric, count: values.reduce((sum, [, value]) => sum + Number(value), 0) }
  }
  return undefined
}
