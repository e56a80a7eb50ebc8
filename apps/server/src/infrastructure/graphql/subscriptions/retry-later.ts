/** The delay is random between once and twice this, so that retries do not come all at once. */
const retryMs = 500

/** Runs `retry` once the store may be available again. */
export const retryLater = (retry: () => void): void => {
  setTimeout(retry, retryMs * (1 + Math.random())).unref()
}
