/** Names that are not used in this code base, with the term that is. Each is a whole identifier. */
export const retiredNames: ReadonlyMap<string, string> = new Map([
  ['Turns', 'KeyedMutex, Mutex'],
  ['Slots', 'Semaphore'],
  ['Line', 'IntrusiveQueue'],
  ['InLine', 'IntrusiveQueueItem'],
  ['following', 'next'],
  ['TurnEnd', 'TickScheduler'],
  ['turnEnd', 'tickScheduler'],
  ['TurnTask', 'TickTask'],
  ['Round', 'TickBatch'],
  ['Leaving', 'DrainPlan'],
  ['takeLeave', 'closeGradually'],
  ['leavingOf', 'planDrain'],
  ['goDown', 'shutDown'],
  ['goodbyeMs', 'closeTimeoutMs'],
  ['comeBack', 'reconnect'],
  ['comeBackMs', 'reconnectMs'],
  ['ComeBack', 'Reconnect'],
  ['Admission', 'SubscribeGate'],
  ['letIn', 'admit'],
  ['FrameAllowance', 'FrameRateLimiter'],
  ['hear', 'receive'],
  ['hearUpTo', 'ensureCaughtUpTo'],
  ['unheard', 'gapUpTo'],
  ['HeardRows', 'RowCache'],
  ['HeardReactions', 'ReactionCache'],
  ['Recalls', 'BacklogLoader'],
  ['rememberedFrom', 'bufferedAfter'],
  ['shed', 'evict'],
  ['Forgetful', 'Evictable'],
  ['Standing', 'LogMembership, MemberContext; existing, active, open'],
  ['StreamPlace', 'ResumePosition'],
  ['InboxPlace', 'ResumePosition'],
  ['untoldPlace', 'noResumePosition'],
  ['StreamTaker', 'StreamConsumer'],
  ['taker', 'consumer'],
  ['Deliveries', 'SubscriptionService'],
  ['Reading', 'ViewerReads'],
  ['ReadingLoaders', 'RowLoaders'],
  ['GatheredReads', 'BatchedReads'],
  ['readAnew', 'resetSnapshot'],
  ['MessageHomes', 'MessageConversationCache'],
  ['PostgresSilences', 'StaleConnections'],
  ['discredits', 'isSuspect'],
  ['wasLeft', 'wasCommitted'],
  ['unhurried', 'withoutTimeouts'],
  ['ViewerlessContext', 'SharedContext'],
  ['sharedByAll', 'viewerIndependent'],
  ['AnswerText', 'JsonWriter'],
  ['hole', 'placeholder'],
  ['requireFlat', 'requireTokenLimits'],
  ['requireNarrow', 'requireSelectionWidth'],
  ['requireShallow', 'requireFieldDepth'],
  ['requireAffordable', 'requireCost'],
  ['leftToLater', 'notImplemented'],
  ['SeldomLog', 'ThrottledLogger'],
  ['blame', 'reportInvalid'],
  ['carryOut', 'handleFrame'],
  ['Log', 'Logger'],
])

/** What part of a name is not used, with what is. */
const retiredParts: readonly { readonly pattern: RegExp; readonly instead: string }[] = [
  { pattern: /^most[A-Z]/, instead: 'max…' },
  { pattern: /^remembered/, instead: 'cached…, maxCached' },
  { pattern: /Parts$/, instead: '…Dependencies' },
]

/** Words of which no name is made. */
const retiredWords: ReadonlyMap<string, string> = new Map([
  ['heard', 'received'],
  ['unheard', 'missed'],
  ['hears', 'receives'],
  ['hear', 'receive'],
  ['told', 'notified, sent'],
  ['untold', 'pending'],
  ['standing', 'existing, active, open'],
  ['standings', 'memberships'],
  ['stranger', 'non-member'],
  ['strangers', 'non-members'],
  ['goodbye', 'close'],
  ['farewell', 'close'],
  ['farewells', 'close'],
  ['anew', 'again'],
  ['afresh', 'again'],
  ['owed', 'pending'],
  ['seldom', 'throttled'],
  ['nobody', 'none'],
  ['somebody', 'user'],
  ['anybody', 'any'],
  ['everybody', 'all'],
  ['whoever', 'user'],
  ['whatever', 'any'],
  ['homes', 'cache'],
  ['road', 'transport'],
  ['roads', 'transports'],
  ['comeback', 'reconnect'],
  ['comebacks', 'reconnects'],
  ['heeded', 'noticed'],
  ['shall', 'must'],
])

/** `readURLAnew` is read, URL, anew. */
const wordsOf = (name: string): readonly string[] =>
  name
    .replaceAll(/(?<=[a-z\d])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[_$#-]+/g, ' ')
    .toLowerCase()
    .split(' ')

/** Why a name is not used; undefined where it may be. */
export const faultOfName = (name: string): string | undefined => {
  const whole = retiredNames.get(name)
  if (whole !== undefined) return whole
  const part = retiredParts.find(({ pattern }) => pattern.test(name))
  if (part !== undefined) return part.instead
  for (const word of wordsOf(name)) {
    const instead = retiredWords.get(word)
    if (instead !== undefined) return instead
  }
  return undefined
}

const pascal = (kebab: string): string =>
  kebab.replaceAll(/(?:^|-)([a-z\d])/g, (_all, letter: string) => letter.toUpperCase())

/** Why a file or folder is not called so, by its name without the extension. */
export const faultOfFileName = (kebab: string): string | undefined => {
  // A type `Log` was a logger; a folder `log` holds what belongs to a conversation's log.
  if (kebab === 'log') return undefined
  const name = pascal(kebab)
  return faultOfName(name) ?? faultOfName(name.charAt(0).toLowerCase() + name.slice(1))
}
