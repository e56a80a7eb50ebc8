/** Loaded into a serving process by `--import`: makes its two kinds of failure happen when a test sends a signal. */
process.on('SIGUSR2', () => {
  void Promise.reject(new Error('a provoked rejection'))
})
process.on('SIGHUP', () => {
  throw new Error('a provoked exception')
})
