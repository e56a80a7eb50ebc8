import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TLSSocket } from 'node:tls'
import { promisify } from 'node:util'

/** What a client of PostgreSQL begins with that asks for TLS. */
const sslRequest = Buffer.from('0000000804d2162f', 'hex')

/** A certificate for `localhost` that nobody but itself vouches for, made with OpenSSL. */
const makeCertificate = async (folder: string) => {
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')]
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  await promisify(execFile)('openssl', [
    ...['req', '-x509', '-days', '2', ...curve, '-keyout', key, '-out', certificate],
    ...subject,
  ])
  return { key: await readFile(key), cert: await readFile(certificate), file: certificate }
}

/** A PostgreSQL's TLS: takes clients with and without it, and counts which. */
export class TlsProxy implements AsyncDisposable {
  /** The certificate, which is its own authority. */
  readonly certificateFile: string
  encrypted = 0
  clear = 0
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #folder: string

  private constructor(
    target: number,
    folder: string,
    { key, cert, file }: Awaited<ReturnType<typeof makeCertificate>>,
  ) {
    this.certificateFile = file
    this.#folder = folder
    this.#server = createServer(client => {
      this.#keep(client).once('data', first => {
        client.pause()
        const server = this.#keep(connect(target, '127.0.0.1'))
        if (first.equals(sslRequest)) {
          this.encrypted += 1
          client.write('S')
          const plain = this.#keep(new TLSSocket(client, { isServer: true, key, cert }))
          plain.pipe(server).pipe(plain)
        } else {
          this.clear += 1
          server.write(first)
          client.pipe(server).pipe(client)
        }
      })
    })
  }

  static async listen(target: number): Promise<TlsProxy> {
    const folder = await mkdtemp(join(tmpdir(), 'tls-'))
    const proxy = new TlsProxy(target, folder, await makeCertificate(folder))
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  get port(): number {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new TypeError('the proxy does not listen')
    return address.port
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
    await closed
    await rm(this.#folder, { recursive: true })
  }

  #keep<Kept extends Socket>(socket: Kept): Kept {
    this.#sockets.add(socket)
    // A client that does not believe the certificate hangs up.
    socket.on('error', () => socket.destroy()).once('close', () => this.#sockets.delete(socket))
    return socket
  }
}
