import fc from 'fast-check'
import { expect, it } from 'vitest'
import { LruCache } from '../../../src/services/caching/lru-cache.ts'

const step = fc.record({ kind: fc.constantFrom('get', 'set', 'delete'), key: fc.integer({ min: 0, max: 7 }) })

it('holds the most recently used entries, up to its maximum, after any operations', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), fc.array(step, { maxLength: 60 }), (max, steps) => {
      const cache = new LruCache<number, { readonly setAt: number }>(max)
      // The most recently used last.
      let model: { readonly key: number; readonly setAt: number }[] = []
      for (const [setAt, { kind, key }] of steps.entries()) {
        const known = model.find(entry => entry.key === key)
        const others = model.filter(entry => entry.key !== key)
        if (kind === 'get') {
          expect(cache.get(key)?.setAt).toBe(known?.setAt)
          model = known === undefined ? others : [...others, known]
        } else if (kind === 'set') {
          cache.set(key, { setAt })
          model = [...others, { key, setAt }].slice(-max)
        } else {
          cache.delete(key)
          model = others
        }
        expect(cache.size).toBe(model.length)
      }
    }),
  )
})

it.each([0, -1, 1.5, Number.NaN])('cannot hold %s entries', max => {
  expect(() => new LruCache(max)).toThrow(RangeError)
})
