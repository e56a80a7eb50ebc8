interface SystemPart {
  /** What Debian calls the package that has it. */
  readonly debian: string
  /** Names another place of it. */
  readonly variable?: string
  /** What nothing shows without it. */
  readonly shows: string
}

/** The programs that tests need and npm does not bring. */
export const systemPrograms = {
  'nats-server': { debian: 'nats-server', variable: 'NATS_SERVER', shows: 'how nodes talk to each other' },
  chromium: { debian: 'chromium', variable: 'CHROMIUM', shows: 'GraphiQL in a browser' },
  strace: { debian: 'strace', shows: 'what survives a kill or a power cut' },
  'systemd-analyze': { debian: 'systemd', shows: 'whether systemd takes the unit' },
  promtool: { debian: 'prometheus', variable: 'PROMTOOL', shows: 'whether the alerts fire' },
  openssl: { debian: 'openssl', shows: 'how PostgreSQL is reached over TLS' },
} satisfies Readonly<Record<string, SystemPart>>

/** One line that says what to install. */
export const howToGet = (name: keyof typeof systemPrograms): string => {
  const { debian, variable }: SystemPart = systemPrograms[name]
  const elsewhere = variable === undefined ? '' : `, or name it with ${variable}=…`
  return `${name} is not on this machine, or does not work: apt-get install ${debian}${elsewhere}`
}

/**
 * For `describe.skipIf`: whether tests have to be skipped because this is not there, which it says aloud. Where CI is set
 * it throws instead: there, nothing may be skipped.
 */
export const skipWithout = (name: keyof typeof systemPrograms, works: boolean): boolean => {
  if (works) return false
  if (process.env.CI) throw new Error(howToGet(name))
  console.warn(`SKIPPED: nothing shows ${systemPrograms[name].shows}: ${howToGet(name)}`)
  return true
}
