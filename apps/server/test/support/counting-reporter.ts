import type { Reporter, TestCase, TestModule } from 'vitest/node'

/** The only tests that may be skipped where CI is set, and why. */
const maySkip: ReadonlyMap<string, string> = new Map([
  ['the copy of the contract is the contract', 'the contract is not always beside a checkout'],
  ['is held against the same contract as everyone else’s', 'the contract is not always beside a checkout'],
  ['prints one line that says what to do, and nothing that it cannot read', 'not every machine has an older Node'],
])

const count = (tests: readonly TestCase[], state: string): number =>
  tests.filter(test => test.result().state === state).length

/** Says at the end how many tests each shape had, and which were skipped. In CI none may be. */
export class CountingReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const byShape = new Map<string, TestCase[]>()
    for (const module of modules) {
      const tests = byShape.get(module.project.name) ?? []
      tests.push(...module.children.allTests())
      byShape.set(module.project.name, tests)
    }
    for (const [shape, tests] of byShape)
      console.log(
        `${shape}: ${tests.length} tests: ${count(tests, 'passed')} passed, ${count(tests, 'failed')} failed, ${count(tests, 'skipped')} skipped`,
      )
    this.#tellSkipped([...byShape.values()].flat().filter(test => test.result().state === 'skipped'))
  }

  #tellSkipped(skipped: readonly TestCase[]): void {
    if (!process.env.CI) return
    const wrongly = skipped.filter(test => !maySkip.has(test.name))
    for (const test of wrongly) console.error(`SKIPPED IN CI: ${test.module.relativeModuleId} > ${test.fullName}`)
    if (wrongly.length > 0) process.exitCode = 1
  }
}
