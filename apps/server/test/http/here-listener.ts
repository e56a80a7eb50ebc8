import { HttpListener, type HttpListenerOptions } from '../../src/infrastructure/listener/http-listener.ts'

/** A listener that answers at `/here`, on any free port. */
export const listenHere = ({
  log,
  ...options
}: Partial<HttpListenerOptions> & Pick<HttpListenerOptions, 'log'>): Promise<HttpListener> =>
  HttpListener.listen({
    host: '127.0.0.1',
    port: 0,
    allowedOrigins: 'own',
    transports: [],
    routes: new Map([['/here', (_request, response) => void response.end('here')]]),
    log,
    ...options,
  })
