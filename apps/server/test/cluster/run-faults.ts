import { parseArgs } from 'node:util'
import { runModel } from './model-run.ts'

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '1' }, seed: { type: 'string' } },
})
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31))
const minutes = Number(values.minutes)
if (!(Number.isInteger(seed) && minutes > 0))
  throw new TypeError('--seed takes a whole number, --minutes more than none')
const repeat = `npm run faults -- --minutes ${minutes} --seed ${seed}`

try {
  console.log(`seed ${seed}, the same plan again by: ${repeat}`)
  const { faults, ...figures } = await runModel({ seed, minutes, print: line => console.log(line) })
  console.log(JSON.stringify(figures, undefined, 2))
  for (const fault of faults.slice(0, 100)) console.error(fault)
  console.log(`${faults.length} faults, seed ${seed}`)
  process.exitCode = faults.length === 0 ? 0 : 1
} catch (error) {
  console.error(`seed ${seed}:`, error)
  process.exitCode = 1
}
