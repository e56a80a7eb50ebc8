import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type InLine, Line } from '../../src/delivery/line.ts'

class Member implements InLine<Member> {
  following: Member | undefined
  readonly name: number

  constructor(name: number) {
    this.name = name
  }
}

const namesOf = (line: Line<Member>): readonly number[] => {
  const names: number[] = []
  for (let member = line.first; member !== undefined; member = member.following) names.push(member.name)
  return names
}

it('is an array to which only those are added who are not in it', () => {
  const step = fc.record({ act: fc.constantFrom('add', 'shift', 'remove'), name: fc.nat(5) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), steps => {
      const members = Array.from({ length: 6 }, (_, name) => new Member(name))
      const line = new Line<Member>()
      const model: number[] = []
      for (const { act, name } of steps) {
        const member = members[name] ?? new Member(name)
        if (act === 'shift') expect(line.shift()?.name).toBe(model.shift())
        else if (act === 'remove') {
          line.remove(member)
          if (model.includes(name)) model.splice(model.indexOf(name), 1)
        } else if (!model.includes(name)) {
          line.add(member)
          model.push(name)
        }
        expect(namesOf(line)).toEqual(model)
        expect(line.last?.name).toBe(model.at(-1))
      }
      line.clear()
      expect(namesOf(line)).toEqual([])
      expect(members.every(({ following }) => following === undefined)).toBe(true)
    }),
  )
})
