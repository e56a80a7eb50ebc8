/** How many statements the server's store has run, as its metrics tell it. */
export const storeStatements = async (url: string): Promise<{ readonly read: number; readonly write: number }> => {
  const text = await (await fetch(`${url}/metrics`)).text()
  const count = (kind: string): number => {
    const line = text.split('\n').find(one => one.startsWith(`messenger_store_statements_total{kind="${kind}"} `))
    if (line === undefined) throw new Error(`no count of ${kind} statements in the metrics`)
    return Number(line.split(' ')[1])
  }
  return { read: count('read'), write: count('write') }
}
