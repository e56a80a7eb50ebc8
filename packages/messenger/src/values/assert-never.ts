export const assertNever = (value: never): never => {
  throw new TypeError(`unhandled case: ${JSON.stringify(value)}`)
}
