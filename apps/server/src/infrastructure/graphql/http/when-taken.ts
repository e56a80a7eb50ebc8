import type { ServerResponse } from 'node:http'

/** `then` is called when the client has taken the whole response, which has been ended or will be, or when its connection is gone. */
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
  // Responses behind another one on the same connection hear nothing when it closes: the socket does.
  if (socket.getMaxListeners() !== 0) socket.setMaxListeners(0)
  response.once('finish', taken)
  socket.once('close', taken)
}
