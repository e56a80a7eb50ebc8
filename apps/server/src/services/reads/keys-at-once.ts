/** Most keys in one batch of a loader. Everything that waits for a batch continues in one tick of the event loop, so this bounds the length of that tick. */
export const keysAtOnce = 500
