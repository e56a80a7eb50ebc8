/** Resolves once it is so; rejects after `withinMs`, with what `what` says. */
export const until = async (
  isSo: () => boolean | Promise<boolean>,
  what: string | (() => string),
  withinMs = 15_000,
): Promise<void> => {
  const deadline = performance.now() + withinMs
  while (!(await isSo())) {
    if (performance.now() > deadline)
      throw new Error(`not within ${withinMs} ms: ${typeof what === 'string' ? what : what()}`)
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}
