import { randomBytes } from 'node:crypto'
import { clientFrame } from './client-frame.ts'
import { FrameReader, opcodes } from './frame-reader.ts'
import { RawSocket } from './raw-socket.ts'

export interface WebSocketTarget {
  readonly port: number
  readonly path: string
  readonly subprotocol?: string
  readonly token?: string
  /** The maximum size of one read. */
  readonly readBytes?: number
}

interface WebSocketEvents {
  /** The payload is `bytes` from `start` to `end`, valid only during the call. */
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

/** A minimal WebSocket client: it upgrades, splits frames and answers pings. */
export class RawWebSocket {
  readonly #events: WebSocketEvents
  readonly #socket: RawSocket
  readonly #opened = Promise.withResolvers<void>()
  readonly #frames = new FrameReader((opcode, bytes, start, end) => this.#take(opcode, bytes, start, end))
  /** The part of the upgrade response received so far; undefined once it is complete. */
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

  /** Resolves once the upgrade is answered. Frames that arrive with the answer may be passed on before. */
  get opened(): Promise<void> {
    return this.#opened.promise
  }

  send(text: string): void {
    this.#socket.write(clientFrame(opcodes.text, Buffer.from(text)))
  }

  /** Stops reading, so that bytes stay in the kernel's buffers, or continues. */
  set reading(reading: boolean) {
    this.#socket.reading = reading
  }

  /** Reads once from the kernel's buffers while reading is stopped. */
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
