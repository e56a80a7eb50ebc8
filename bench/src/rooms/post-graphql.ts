export interface Endpoint {
  readonly port: number
  readonly token: string
}

interface Answer<Data> {
  readonly data?: Data | null
  readonly errors?: readonly unknown[]
}

/** One operation that must succeed, by POST; for what is set up, never for what is measured. */
export const postGraphQL = async <Data>(
  { port, token }: Endpoint,
  query: string,
  variables: Readonly<Record<string, unknown>>,
): Promise<Data> => {
  const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, variables }),
  })
  const { data, errors } = (await response.json()) as Answer<Data>
  if (data == null || errors !== undefined) throw new Error(`${response.status} ${JSON.stringify(errors)} to ${query}`)
  return data
}
