/** The subprotocol in `Sec-WebSocket-Protocol`. */
export const subprotocol = 'messenger.v1'

/** The path of the WebSocket. */
export const webSocketPath = '/ws'

/** The largest client frame, in bytes of its UTF-8 payload. A larger one closes the connection with 1009. */
export const frameBytes = 64 * 1024

/** The largest `SubscribeInbox`, in bytes, once the connection is authenticated. */
export const inboxFrameBytes = 1024 * 1024

/** The longest `id` of a client frame, in UTF-16 code units. */
export const frameIdLength = 64

/** The maximum length of the ids of objects in a client frame, in UTF-16 code units. */
export const anyIdLength = 256

/** How long a connection may stay without a valid token, in seconds. */
export const authenticateSeconds = 10

/** How long before the token expires the server sends `TokenExpiring`, in seconds. */
export const tokenExpiringSeconds = 60

/** How long the server waits for a client that has pending data and reads no byte, in seconds. */
export const stallSeconds = 60

/** The most users whose presence one subscription may name. */
export const presenceUsers = 200
