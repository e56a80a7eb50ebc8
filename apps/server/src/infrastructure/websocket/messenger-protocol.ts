import { inboxFrameBytes, subprotocol } from '@cpc-messenger/protocol'
import type { SocketProtocol } from '../sockets/socket-listener.ts'
import { PumpGroup } from '../sockets/stream-pump.ts'
import { EncodedEvents } from './encoded-events.ts'
import { type MessengerDependencies, MessengerSession } from './messenger-session.ts'
import { EncodedSignals } from './signal-frame.ts'

/** `messenger.v1` over the sockets of one server. */
export const messengerProtocol = (dependencies: MessengerDependencies): SocketProtocol => {
  const shared = {
    ...dependencies,
    encoded: new EncodedEvents(),
    encodedSignals: new EncodedSignals(),
    group: new PumpGroup(),
  }
  return {
    subprotocol,
    codes: 'messenger',
    transport: 'websocket',
    maxFrameBytes: inboxFrameBytes,
    frameLimit: 'messengerFrames',
    open: (connection, request) => new MessengerSession(connection, request.headers, shared),
  }
}
