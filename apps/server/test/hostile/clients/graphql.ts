/** The data of an operation that must succeed. */
export const graphql = async <Data>(
  url: string,
  token: string,
  query: string,
  variables: object = {},
): Promise<Data> => {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, variables }),
  })
  const text = await response.text()
  const { data, errors } = JSON.parse(text)
  if (errors !== undefined) throw new Error(text)
  return data
}
