export interface GraphQLAnswer<Data> {
  readonly status: number
  readonly data: Data | null
  readonly errors: readonly {
    readonly message: string
    readonly path?: readonly (string | number)[]
    readonly extensions?: { readonly code?: string; readonly [key: string]: unknown }
  }[]
}

export type Variables = Readonly<Record<string, unknown>>

/** One operation by POST. */
export const request = async <Data>(
  url: string,
  token: string | undefined,
  query: string,
  variables: Variables = {},
): Promise<GraphQLAnswer<Data>> => {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/graphql-response+json, application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ query, variables }),
  })
  const answer = (await response.json()) as { data?: Data | null; errors?: GraphQLAnswer<Data>['errors'] }
  return { status: response.status, data: answer.data ?? null, errors: answer.errors ?? [] }
}

/** As `request`, of an operation that must succeed. */
export const ask = async <Data>(
  url: string,
  token: string | undefined,
  query: string,
  variables: Variables = {},
): Promise<Data> => {
  const { data, errors, status } = await request<Data>(url, token, query, variables)
  if (data === null || errors.length > 0) throw new Error(`${status} ${JSON.stringify(errors)}`)
  return data
}
