/** Keys that a loader asks for, and answers, at one go: what waits for a row goes on in the turn in which it comes. */
export const keysAtOnce = 500
