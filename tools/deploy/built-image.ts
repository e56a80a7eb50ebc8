import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { execForm, type Instruction, parseCopy, parseEnvironment } from './dockerfile.ts'

const minute = 60_000

interface Stage {
  readonly root: string
  folder: string
}

/**
 * Builds a Dockerfile in folders of this machine instead of containers: each stage is a folder, COPY copies, and RUN
 * executes only npm installs. The base image is this machine.
 */
export class BuiltImage implements AsyncDisposable {
  readonly #top: string
  readonly #stages = new Map<string, Stage>()
  #stage: Stage
  #environment: Readonly<Record<string, string>> = {}
  #entry: readonly string[] = []
  #command: readonly string[] = []
  #health: readonly string[] = []

  private constructor(top: string) {
    this.#top = top
    this.#stage = { root: top, folder: '/' }
  }

  static async build(context: string, instructions: readonly Instruction[]): Promise<BuiltImage> {
    const image = new BuiltImage(await mkdtemp(join(tmpdir(), 'messenger-image-')))
    for (const instruction of instructions) await image.#apply(context, instruction)
    return image
  }

  /** The program's folder in the last stage. */
  get folder(): string {
    return join(this.#stage.root, this.#stage.folder)
  }

  get environment(): Readonly<Record<string, string>> {
    return this.#environment
  }

  /** The program and its arguments; `node` is the Node of this process. */
  get entry(): readonly string[] {
    return this.#entry.map(word => (word === 'node' ? process.execPath : word))
  }

  get command(): readonly string[] {
    return this.#command
  }

  get health(): readonly string[] {
    return this.#health.map(word => (word === 'node' ? process.execPath : word))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return rm(this.#top, { recursive: true, force: true })
  }

  async #apply(context: string, { name, rest }: Instruction): Promise<void> {
    if (name === 'FROM') await this.#begin(rest)
    else if (name === 'WORKDIR') await this.#enter(rest)
    else if (name === 'COPY') await this.#copy(context, rest)
    else if (name === 'RUN') await this.#run(rest)
    else if (name === 'ENV') this.#environment = { ...this.#environment, ...parseEnvironment(rest) }
    else if (name === 'ENTRYPOINT') this.#entry = execForm(rest)
    else if (name === 'CMD') this.#command = execForm(rest)
    else if (name === 'HEALTHCHECK') this.#health = execForm(rest.slice(rest.indexOf('CMD ') + 'CMD '.length))
    else if (!['VOLUME', 'USER', 'EXPOSE', 'STOPSIGNAL'].includes(name))
      throw new TypeError(`nothing here knows what ${name} does`)
  }

  async #begin(rest: string): Promise<void> {
    const name = / AS (\S+)$/.exec(rest)?.[1] ?? 'last'
    this.#stage = { root: join(this.#top, name), folder: '/' }
    this.#stages.set(name, this.#stage)
    await mkdir(this.#stage.root)
  }

  async #enter(folder: string): Promise<void> {
    this.#stage.folder = folder
    await mkdir(this.folder, { recursive: true })
  }

  async #copy(context: string, rest: string): Promise<void> {
    const { from, sources, target } = parseCopy(rest)
    const origin = from === undefined ? context : this.#stages.get(from)?.root
    if (origin === undefined) throw new TypeError(`there is no stage ${from}`)
    for (const source of sources) {
      const into = target.endsWith('/') || sources.length > 1 ? join(target, basename(source)) : target
      const to = join(this.folder, into)
      await mkdir(dirname(to), { recursive: true })
      await cp(join(origin, source), to, {
        recursive: true,
        verbatimSymlinks: true,
        filter: path => from !== undefined || !/\/(?:node_modules|test|data)$/.test(path),
      })
    }
  }

  async #run(rest: string): Promise<void> {
    if (!rest.startsWith('npm ')) return
    const [program = '', ...words] = rest.split(/ +/)
    const { PATH, HOME } = process.env
    await promisify(execFile)(program, words, {
      cwd: this.folder,
      env: { PATH, HOME, npm_config_prefer_offline: 'true' },
      timeout: 5 * minute,
    })
  }
}
