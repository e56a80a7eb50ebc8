/** From once to twice as long, so that not all come at one time. */
const retryMs = 500

/** Once the store may answer again. */
export const later = (execute: () => void): void => {
  setTimeout(execute, retryMs * (1 + Math.random())).unref()
}
