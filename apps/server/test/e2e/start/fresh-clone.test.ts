import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { freePort } from '../../../../../tools/cluster/free-port.ts'

const root = fileURLToPath(new URL('../../../../..', import.meta.url))
const run = promisify(execFile)
const minute = 60_000

/** The PATH of a newcomer's shell, without this checkout's own Node: npm has to install the project's Node. */
const newcomersPath = (process.env.PATH ?? '')
  .split(delimiter)
  .filter(folder => !folder.includes('node_modules'))
  .join(delimiter)

/** What is committed, in a folder of its own with nothing installed. */
class FreshClone implements AsyncDisposable {
  readonly #folder: string
  readonly #port: number
  #server: ChildProcess | undefined

  private constructor(folder: string, port: number) {
    this.#folder = folder
    this.#port = port
  }

  static async make(): Promise<FreshClone> {
    const clone = new FreshClone(await mkdtemp(join(tmpdir(), 'messenger-clone-')), await freePort())
    await run('git', ['clone', '--quiet', '--no-hardlinks', root, clone.#folder], { timeout: minute })
    return clone
  }

  get #options() {
    return { cwd: this.#folder, env: { PATH: newcomersPath, HOME: process.env.HOME, PORT: String(this.#port) } }
  }

  async install(): Promise<void> {
    await run('npm', ['ci', '--ignore-scripts'], { ...this.#options, timeout: 2 * minute })
  }

  start(): void {
    this.#server = spawn('npm', ['start'], { ...this.#options, stdio: 'ignore', detached: true })
  }

  async isReady(): Promise<boolean> {
    try {
      return (await fetch(`http://127.0.0.1:${this.#port}/readyz`)).ok
    } catch {
      return false
    }
  }

  /** What differs from what is committed, as `git status` names it. */
  async changes(): Promise<string> {
    return (await run('git', ['status', '--short'], this.#options)).stdout
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const server = this.#server
    if (server?.pid !== undefined && server.exitCode === null) {
      const exit = once(server, 'exit')
      process.kill(-server.pid, 'SIGTERM')
      await exit
    }
    const deadline = Date.now() + 15_000
    while ((await this.isReady()) && Date.now() < deadline) await after(50)
    await rm(this.#folder, { recursive: true, force: true })
  }
}

const skipped = process.env.CI === undefined
if (skipped) console.warn('SKIPPED: the fresh clone, because it installs everything again (set CI to run it)')

describe.skipIf(skipped)('a fresh clone', () => {
  it(
    'serves within a minute, installing included, with no Node but what npm brings',
    async () => {
      await using clone = await FreshClone.make()
      const began = performance.now()
      await clone.install()
      clone.start()
      await expect.poll(() => clone.isReady(), { timeout: minute, interval: 100 }).toBe(true)
      const seconds = (performance.now() - began) / 1000
      console.log(`a fresh clone serves after ${seconds.toFixed(1)} s`)
      expect(seconds).toBeLessThan(60)
      expect(await clone.changes()).toBe('')
    },
    5 * minute,
  )
})
