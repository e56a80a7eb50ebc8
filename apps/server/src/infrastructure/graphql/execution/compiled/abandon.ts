import { isPromiseLike } from './promise-like.ts'

const ignore = (): void => undefined

const isCollection = (value: unknown): value is Iterable<unknown> =>
  Array.isArray(value) || value instanceof Set || value instanceof Map

const abandonItems = (items: Iterable<unknown>, seen: Set<unknown>): void => {
  for (const item of items)
    if (isPromiseLike(item)) item.then(resolved => abandonNested(resolved, seen), ignore)
    else abandonNested(item, seen)
}

const abandonNested = (value: unknown, seen: Set<unknown>): void => {
  if (!isCollection(value) || seen.has(value)) return
  seen.add(value)
  abandonItems(value, seen)
}

/**
 * Ignores values that are not written because of an error elsewhere. Promises among them, at any depth of nested lists, must
 * not be reported as unhandled rejections when they reject.
 */
export const abandon = (value: unknown): void => abandonItems([value], new Set())
