import { randomBytes } from 'node:crypto'
import { clientFrame } from './client-frame.ts'
import { FrameReader, opcodes } from './frame-reader.ts'
import { RawSocket } from './raw-socket.ts'

export interface WebSocketTarget {
  readonly port: number
  readonly path: string
  readonly subprotocol?: string
  readonly token?: string
  /** Of one read, at most. */
  readonly readBytes?: number
}

export interface WebSocketEvents {
  /** The payload is `bytes` from `start` to `end`, good during the call only; `wireBytes` is the whole frame's length. */
  onText(bytes: Buffer, start: number, end: number): void
  onFailure(error: Error): void
}

const headersEnd = '\r\n\r\n'

const upgradeRequest = ({ port, path, subprotocol, token }: WebSocketTarget): string =>
  [
    `GET ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    ...(subprotocol === undefined ? [] : [`Sec-WebSocket-Protocol: ${subprotocol}`]),
    ...(token === undefined ? [] : [`Authorization: Bearer ${token}`]),
    '',
    '',
  ].join('\r\n')

/** A WebSocket that does no more than a client must: upgrade, cut frames, answer pings. */
export class RawWebSocket {
  readonly #events: WebSocketEvents
  readonly #socket: RawSocket
  readonly #opened = Promise.withResolvers<void>()
  readonly #frames = new FrameReader((opcode, bytes, start, end) => this.#take(opcode, bytes, start, end))
  /** What has come of the answer to the upgrade; undefined once it is complete. */
  #answer: string | undefined = ''

  constructor(target: WebSocketTarget, events: WebSocketEvents) {
    this.#events = events
    const onFailure = (error: Error): void => {
      this.#opened.reject(error)
      events.onFailure(error)
    }
    this.#socket = new RawSocket(target.port, { onBytes: bytes => this.#read(bytes), onFailure }, target.readBytes)
    this.#socket.write(upgradeRequest(target))
  }

  /** Resolves once the upgrade is answered; what the server says with it may come before that. */
  get opened(): Promise<void> {
    return this.#opened.promise
  }

  send(text: string): void {
    this.#socket.write(clientFrame(opcodes.text, Buffer.from(text)))
  }

  /** Leaves what comes in the kernel's buffers, or reads on. */
  set reading(reading: boolean) {
    this.#socket.reading = reading
  }

  /** Takes one read of what waits there, while it does not read. */
  sip(): void {
    this.#socket.sip()
  }

  close(): void {
    this.#socket.close()
  }

  #read(bytes: Buffer): void {
    if (this.#answer === undefined) this.#frames.push(bytes)
    else this.#readAnswer(this.#answer + bytes.toString('latin1'))
  }

  #readAnswer(answer: string): void {
    this.#answer = answer
    const end = answer.indexOf(headersEnd)
    if (end < 0) return
    if (!answer.startsWith('HTTP/1.1 101')) throw new Error(`the upgrade was refused: ${answer}`)
    const rest = Buffer.from(answer.slice(end + headersEnd.length), 'latin1')
    this.#answer = undefined
    this.#opened.resolve()
    this.#frames.push(rest)
  }

  #take(opcode: number, bytes: Buffer, start: number, end: number): void {
    if (opcode === opcodes.text) this.#events.onText(bytes, start, end)
    else if (opcode === opcodes.ping)
      this.#socket.write(clientFrame(opcodes.pong, Buffer.from(bytes.subarray(start, end))))
    else if (opcode === opcodes.close)
      throw new Error(`the server has closed: ${bytes.readUInt16BE(start)} ${bytes.toString('utf8', start + 2, end)}`)
  }
}
