import type { ResponsePath } from 'graphql'
import { abandon } from './abandon.ts'
import type { AnswerText } from './answer-text.ts'
import type { Execution } from './execution.ts'
import type { FieldSite } from './field-info.ts'
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
  throw new Error(`${parentType}.${definition.name} is no list.`)
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
      abandon(items)
      throw error
    }
  }
  return (value, run, text, path) => {
    text.text += '['
    writeItems(itemsOf(value, site), run, text, path)
    text.text += ']'
  }
}
