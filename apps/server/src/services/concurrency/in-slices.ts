import { setImmediate as nextTurn } from 'node:timers/promises'

const itemsAtOnce = 500

/** Resolves in a later turn of the event loop where so many items have been worked on, else at once. */
export const afterMany = async (items: number): Promise<void> => {
  if (items > itemsAtOnce) await nextTurn()
}

/** Calls `work` for each item; after so many of them everything else has a turn of the event loop. */
export const inSlices = async <Item>(items: Iterable<Item>, work: (item: Item) => void): Promise<void> => {
  let count = 0
  for (const item of items) {
    if (count === itemsAtOnce) {
      count = 0
      await nextTurn()
    }
    work(item)
    count += 1
  }
}
