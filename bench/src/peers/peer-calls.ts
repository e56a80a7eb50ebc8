/** What every server beside ours is asked. */
export type PeerCalls = {
  listen: {
    /** Where it may store something. */
    input: { readonly file: string }
    answer: {
      readonly port: number
      /** Where orders to publish go; without it, clients send messages to the server itself. */
      readonly orders?: number
    }
  }
  /** How many subscriptions stand. */
  standing: { input: null; answer: number }
}
