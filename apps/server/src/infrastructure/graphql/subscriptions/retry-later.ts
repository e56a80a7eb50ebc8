/** The minimum delay. The actual delay is random, up to twice this, to spread retries. */
const retryMs = 500

/** Runs `retry` once the store may be available again. */
export const retryLater = (retry: () => void): void => {
  setTimeout(retry, retryMs * (1 + Math.random())).unref()
}
