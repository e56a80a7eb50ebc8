interface StoreStatements {
  readonly read: number
  readonly write: number
}

const ofNode = async (url: string): Promise<StoreStatements> => {
  const text = await (await fetch(`${url}/metrics`)).text()
  const count = (kind: string): number => {
    const line = text.split('\n').find(one => one.startsWith(`messenger_store_statements_total{kind="${kind}"} `))
    if (line === undefined) throw new Error(`no count of ${kind} statements in the metrics`)
    return Number(line.split(' ')[1])
  }
  return { read: count('read'), write: count('write') }
}

/** How many statements the stores of these nodes have run together, as their metrics tell it. */
export const storeStatements = async (urls: readonly string[]): Promise<StoreStatements> => {
  const counts = await Promise.all(urls.map(ofNode))
  return {
    read: counts.reduce((sum, { read }) => sum + read, 0),
    write: counts.reduce((sum, { write }) => sum + write, 0),
  }
}
