/** What every message of the bench says: a hundred and sixty characters, as many as people write. */
export const messageText =
  'The build is green again: it was the clock in the test, not the code. I have put the fix on the branch; could you look at it before lunch? Thanks, and good work'
