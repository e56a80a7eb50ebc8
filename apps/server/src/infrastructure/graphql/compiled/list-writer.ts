import type { ResponsePath } from 'graphql'
import type { AnswerText } from './answer-text.ts'
import type { Execution } from './execution.ts'
import type { FieldSite } from './field-info.ts'
import type { Position, WriteValue } from './position.ts'
import { isPromiseLike } from './promise-like.ts'

const itemsOf = (value: unknown, { parentType, definition }: FieldSite): readonly unknown[] => {
  if (Array.isArray(value)) return value
  if (typeof value === 'object' && value !== null && Symbol.iterator in value)
    return Array.from(value as Iterable<unknown>)
  throw new Error(`${parentType}.${definition.name} is no list.`)
}

/** What is not waited for because of an error before it must not go unhandled when it fails, too. */
const abandon = (items: readonly unknown[]): void => {
  for (const item of items) if (isPromiseLike(item)) item.then(undefined, () => undefined)
}

export const listWriter = (site: FieldSite, position: Position): WriteValue => {
  const writeItems = (items: readonly unknown[], run: Execution, text: AnswerText, prev: ResponsePath): void => {
    let key = 0
    try {
      for (; key < items.length; key += 1) {
        if (key > 0) text.text += ','
        position.write(items[key], run, text, { prev, key, typename: undefined })
      }
    } catch (error) {
      abandon(items.slice(key + 1))
      throw error
    }
  }
  return (value, run, text, path) => {
    text.text += '['
    writeItems(itemsOf(value, site), run, text, path)
    text.text += ']'
  }
}
