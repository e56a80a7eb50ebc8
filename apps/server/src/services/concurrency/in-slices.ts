import { setImmediate as nextTick } from 'node:timers/promises'

const sliceSize = 500

/** After work on many items, resolves in a later tick of the event loop; otherwise at once. */
export const afterMany = async (items: number): Promise<void> => {
  if (items > sliceSize) await nextTick()
}

/** Calls `work` for each item, and yields to the event loop after each slice of items. */
export const inSlices = async <Item>(items: Iterable<Item>, work: (item: Item) => void): Promise<void> => {
  let count = 0
  for (const item of items) {
    if (count === sliceSize) {
      count = 0
      await nextTick()
    }
    work(item)
    count += 1
  }
}
