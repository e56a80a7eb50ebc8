/** What may stand in one line at a time. */
export interface InLine<Member> {
  /** The line's own: who stands behind it. */
  following: Member | undefined
}

/** First come, first served. Nothing is allocated for standing in it: in a broadcast thousands do, for a moment each. */
export class Line<Member extends InLine<Member>> {
  #first: Member | undefined
  #last: Member | undefined

  get first(): Member | undefined {
    return this.#first
  }

  /** The last of all; undefined while nobody stands in line. */
  get last(): Member | undefined {
    return this.#last
  }

  /** It must not stand in line already. */
  add(member: Member): void {
    if (this.#last === undefined) this.#first = member
    else this.#last.following = member
    this.#last = member
  }

  shift(): Member | undefined {
    const first = this.#first
    if (first === undefined) return undefined
    this.#first = first.following
    if (this.#first === undefined) this.#last = undefined
    first.following = undefined
    return first
  }

  /** Nothing happens where it does not stand in line. Costs what stands before it. */
  remove(member: Member): void {
    if (this.#first === member) {
      this.shift()
      return
    }
    let before = this.#first
    while (before !== undefined && before.following !== member) before = before.following
    if (before === undefined) return
    before.following = member.following
    if (this.#last === member) this.#last = before
    member.following = undefined
  }

  clear(): void {
    while (this.shift() !== undefined);
  }
}
