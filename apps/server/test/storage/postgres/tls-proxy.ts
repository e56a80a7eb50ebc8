import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TLSSocket } from 'node:tls'
import { promisify } from 'node:util'
import { LoopbackServer } from '../../../../../tools/cluster/loopback-server.ts'

/** What a client of PostgreSQL begins with that asks for TLS. */
const sslRequest = Buffer.from('0000000804d2162f', 'hex')

/** A self-signed certificate for `localhost`, made with OpenSSL. */
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

type Certificate = Awaited<ReturnType<typeof makeCertificate>>

/** A PostgreSQL's TLS: takes clients with and without it, and counts which. */
export class TlsProxy extends LoopbackServer {
  /** The certificate, which is its own authority. */
  readonly certificateFile: string
  encrypted = 0
  clear = 0
  readonly #target: number
  readonly #folder: string
  readonly #certificate: Certificate

  private constructor(target: number, folder: string, certificate: Certificate) {
    super()
    this.certificateFile = certificate.file
    this.#target = target
    this.#folder = folder
    this.#certificate = certificate
  }

  static async listen(target: number): Promise<TlsProxy> {
    const folder = await mkdtemp(join(tmpdir(), 'tls-'))
    return await new TlsProxy(target, folder, await makeCertificate(folder)).listenOn(0)
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await super[Symbol.asyncDispose]()
    await rm(this.#folder, { recursive: true })
  }

  protected serve(client: Socket): void {
    this.keep(client).once('data', first => {
      client.pause()
      const server = this.keep(connect(this.#target, '127.0.0.1'))
      if (first.equals(sslRequest)) {
        this.encrypted += 1
        client.write('S')
        const { key, cert } = this.#certificate
        const plain = this.keep(new TLSSocket(client, { isServer: true, key, cert }))
        plain.pipe(server).pipe(plain)
      } else {
        this.clear += 1
        server.write(first)
        client.pipe(server).pipe(client)
      }
    })
  }
}
