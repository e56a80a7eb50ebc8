import type { ServerResponse } from 'node:http'

/** Calls `then` when the whole response was written to the kernel, or its connection was lost. The response must end eventually. */
export const whenTaken = (response: ServerResponse, then: () => void): void => {
  const { socket } = response.req
  if (response.writableFinished || socket.destroyed) {
    then()
    return
  }
  const taken = (): void => {
    response.off('finish', taken)
    socket.off('close', taken)
    then()
  }
  // A response that is queued behind another one gets no 'close' event when the connection closes; the socket does.
  if (socket.getMaxListeners() !== 0) socket.setMaxListeners(0)
  response.once('finish', taken)
  socket.once('close', taken)
}
