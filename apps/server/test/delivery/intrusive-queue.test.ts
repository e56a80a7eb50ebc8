import fc from 'fast-check'
import { expect, it } from 'vitest'
import { IntrusiveQueue, type QueueNode } from '../../src/delivery/streams/intrusive-queue.ts'

class Member implements QueueNode<Member> {
  next: Member | undefined
  readonly name: number

  constructor(name: number) {
    this.name = name
  }
}

const namesOf = (queue: IntrusiveQueue<Member>): readonly number[] => {
  const names: number[] = []
  for (let member = queue.first; member !== undefined; member = member.next) names.push(member.name)
  return names
}

it('behaves like an array without duplicates', () => {
  const step = fc.record({ act: fc.constantFrom('add', 'shift', 'remove'), name: fc.nat(5) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), steps => {
      const members = Array.from({ length: 6 }, (_, name) => new Member(name))
      const queue = new IntrusiveQueue<Member>()
      const model: number[] = []
      for (const { act, name } of steps) {
        const member = members[name] ?? new Member(name)
        if (act === 'shift') expect(queue.shift()?.name).toBe(model.shift())
        else if (act === 'remove') {
          queue.remove(member)
          if (model.includes(name)) model.splice(model.indexOf(name), 1)
        } else if (!model.includes(name)) {
          queue.add(member)
          model.push(name)
        }
        expect(namesOf(queue)).toEqual(model)
        expect(queue.last?.name).toBe(model.at(-1))
      }
      queue.clear()
      expect(namesOf(queue)).toEqual([])
      expect(members.every(({ next }) => next === undefined)).toBe(true)
    }),
  )
})
