import type { ResponsePath } from 'graphql'
import { fairScheduler } from '../../../scheduling/fair-scheduler.ts'
import { abandon } from './abandon.ts'
import { type Execution, located } from './execution.ts'
import type { FieldSite } from './field-info.ts'
import type { JsonWriter } from './json-writer.ts'
import type { Position, WriteValue } from './position.ts'

const collected = (value: Iterable<unknown>): readonly unknown[] => {
  const items: unknown[] = []
  try {
    for (const item of value) items.push(item)
  } catch (error) {
    abandon(items)
    throw error
  }
  return items
}

const itemsOf = (value: unknown, { parentType, definition }: FieldSite): readonly unknown[] => {
  if (Array.isArray(value)) return value
  if (typeof value === 'object' && value !== null && Symbol.iterator in value)
    return collected(value as Iterable<unknown>)
  throw new Error(`${parentType}.${definition.name} is not a list.`)
}

interface List {
  readonly items: readonly unknown[]
  readonly run: Execution
  readonly path: ResponsePath
}

export const listWriter = (site: FieldSite, position: Position): WriteValue => {
  /** The rest of a long list is written in later turns of the event loop, into a separate part. */
  const deferFrom = (start: number, list: List, writer: JsonWriter): void => {
    const rest = writer.placeholder(false)
    list.run.defer(
      list.items,
      rest,
      error => located(error, site.nodes, list.path),
      () => writeFrom(start, list, rest),
    )
  }
  const writeFrom = (start: number, list: List, writer: JsonWriter): void => {
    const { items, run, path } = list
    try {
      for (let key = start; key < items.length; key += 1) {
        if (key > start && fairScheduler.step(run.account)) {
          deferFrom(key, list, writer)
          return
        }
        if (!run.hasRoomForItem()) {
          abandon(items)
          return
        }
        if (key > 0) writer.text += ','
        position.write(items[key], run, writer, { prev: path, key, typename: undefined })
      }
    } catch (error) {
      abandon(items)
      throw error
    }
  }
  return (value, run, writer, path) => {
    writer.text += '['
    writeFrom(0, { items: itemsOf(value, site), run, path }, writer)
    writer.text += ']'
  }
}
