/** Calls to every server that is compared with ours. */
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
  /** The number of active subscriptions. */
  subscriptionCount: { input: null; answer: number }
}
