import { expect, it } from 'vitest'
import { runModel } from './model-run.ts'

const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31))
const minutes = Number(process.env.MINUTES ?? 1)

it(
  `after any faults answered commands are stored once, logs have no gaps, followers have all in order (SEED=${seed})`,
  async () => {
    const { faults, ...figures } = await runModel({ seed, minutes, print: line => console.log(line) })
    console.log(`SEED=${seed}`, JSON.stringify(figures))
    expect(faults.slice(0, 30)).toEqual([])
    for (const kind of ['send', 'edit', 'delete', 'react', 'leave', 'remove', 'add'])
      expect(figures.commands[kind]).toBeGreaterThan(0)
  },
  minutes * 60_000 + 180_000,
)
