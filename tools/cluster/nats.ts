import { accessSync, constants } from 'node:fs'
import { connect } from 'node:net'
import { delimiter, join } from 'node:path'
import { Process } from './process.ts'

const isExecutable = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/**
 * NATS_SERVER, or the first on PATH or in the folders of Debian and Homebrew. Throws an error that says how to install
 * it.
 */
export const findNatsServer = (): string => {
  const named = process.env.NATS_SERVER
  if (named !== undefined && named !== '') {
    if (isExecutable(named)) return named
    throw new Error(`NATS_SERVER names ${named}, which is not a program`)
  }
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/bin', '/opt/homebrew/bin']
  const found = folders.map(folder => join(folder, 'nats-server')).find(isExecutable)
  if (found !== undefined) return found
  throw new Error(
    'there is no nats-server on this machine: apt-get install nats-server, or brew install nats-server, or name one with NATS_SERVER=…',
  )
}

const answers = (port: number): Promise<boolean> =>
  new Promise(resolve => {
    const socket = connect(port, '127.0.0.1')
    socket.once('data', data => settle(String(data).startsWith('INFO')))
    socket.once('error', () => settle(false))
    socket.setTimeout(2000, () => settle(false))
    const settle = (ready: boolean): void => {
      socket.destroy()
      resolve(ready)
    }
  })

export const startNats = async (program: string, port: number, print: (line: string) => void): Promise<Process> => {
  const nats = new Process({
    name: 'nats-server',
    command: [program, '--addr', '127.0.0.1', '--port', String(port)],
    environment: process.env,
    folder: '/',
    print,
  })
  await nats.until(() => answers(port))
  return nats
}
