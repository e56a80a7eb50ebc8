import type { TransportName } from '../../services/telemetry/meter.ts'

const links: readonly { readonly path: string; readonly what: string; readonly of?: TransportName }[] = [
  {
    path: '/graphql',
    what: 'GraphQL over HTTP, server-sent events and WebSocket',
    of: 'graphql',
  },
  { path: '/schema.graphql', what: 'its schema', of: 'graphql' },
  { path: '/ws', what: 'events over a plain WebSocket, messenger.v1', of: 'websocket' },
  { path: '/asyncapi.json', what: 'its description', of: 'websocket' },
  { path: '/healthz', what: 'whether the server is alive' },
  { path: '/readyz', what: 'whether the server is ready' },
  { path: '/metrics', what: 'metrics for Prometheus' },
]

interface HomePageOptions {
  readonly transports: ReadonlySet<TransportName>
  /** Undefined if metrics are on another port. */
  readonly metrics?: unknown
  readonly graphiql: boolean
}

/** A page that lists the endpoints; it loads nothing else. */
export const homePage = ({ transports, metrics, graphiql }: HomePageOptions): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>CPC Messenger</title>
<style>
  body { font: 1rem/1.6 system-ui, sans-serif; max-width: 42rem; margin: 4rem auto; padding: 0 1.5rem; color-scheme: light dark }
  dt { font-weight: 600 }
  dd { margin: 0 0 .75rem }
</style>
<h1>CPC Messenger</h1>
<p>The messaging backend is running.</p>
<dl>
${links
  .filter(({ of }) => of === undefined || transports.has(of))
  .filter(({ path }) => path !== '/metrics' || metrics !== undefined)
  .map(({ path, what }) => {
    const more = path === '/graphql' && graphiql ? '; in a browser, GraphiQL' : ''
    return `<dt><a href="${path}">${path}</a></dt><dd>${what}${more}</dd>`
  })
  .join('\n')}
</dl>
</html>
`
