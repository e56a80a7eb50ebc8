import { spawn } from 'node:child_process'

/**
 * Waits for the end of its input, which comes when the process at the other end of the pipe has ended for any reason.
 */
const script = `
cat >/dev/null
kill -TERM "$1" 2>/dev/null && kill -QUIT "$1" 2>/dev/null && kill -CONT "$1" 2>/dev/null
tries=0
while kill -0 "$1" 2>/dev/null && [ $tries -lt 50 ]; do sleep 0.1; tries=$((tries + 1)); done
kill -KILL "$1" 2>/dev/null
[ -z "$2" ] || rm -rf "$2"
`

/** Ends a process, and removes a folder, if this process dies without doing so. */
export const guard = (pid: number, folder: string | undefined): Disposable => {
  const watcher = spawn('/bin/sh', ['-c', script, 'guard', String(pid), folder ?? ''], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  watcher.unref()
  return {
    [Symbol.dispose]() {
      watcher.kill('SIGKILL')
    },
  }
}
