/** What every server beside ours is asked. */
export type PeerCalls = {
  listen: {
    input: null
    answer: {
      readonly port: number
      /** Where orders to publish go. */
      readonly orders: number
    }
  }
  /** How many subscriptions stand. */
  standing: { input: null; answer: number }
}
