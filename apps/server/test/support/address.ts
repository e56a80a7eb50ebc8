/** Where clients connect. A new node's each time that one is asked for, where there are several. */
export interface Address {
  /** `http://…` */
  readonly url: string
  /** `ws://…` */
  readonly webSocketUrl: string
}
