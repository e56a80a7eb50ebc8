interface Phrase {
  readonly pattern: RegExp
  readonly instead: string
}

/** Ways of saying things that an engineer has to translate, and what to say in their place. */
export const phrases: readonly Phrase[] = [
  { pattern: /\bwho(?:m|so)?ever\b/gi, instead: 'a user who, anyone who, the caller' },
  { pattern: /\b(?:whatever|whichever)\b/gi, instead: 'any, everything that; name the thing' },
  {
    pattern: /(?<!["`'])\b(?:nobody|somebody|anybody|everybody)\b/gi,
    instead: 'no user, a client, another node, all members',
  },
  { pattern: /\b(?:anew|afresh)\b/gi, instead: 'again' },
  { pattern: /\bseldom\b/gi, instead: 'rarely' },
  { pattern: /\bbeforehand\b/gi, instead: 'before, in advance' },
  { pattern: /\bin vain\b/gi, instead: 'without success' },
  { pattern: /\bat hand\b/gi, instead: 'in memory, available' },
  { pattern: /\bshall\b/gi, instead: 'must, should, will' },
  { pattern: /\bheed(?:s|ed)?\b/gi, instead: 'observe, follow' },
  { pattern: /\b(?:hears?|heard|hearing|unheard)\b/gi, instead: 'receive' },
  { pattern: /\b(?:told|untold)\b/gi, instead: 'notify, send, report; distinguish' },
  { pattern: /\b(?:stands?|stood|standing)\b/gi, instead: 'is, exists; existing, active, open' },
  { pattern: /\bowed\b/gi, instead: 'pending, still to be sent' },
  { pattern: /\b(?:lingers?|lingering)\b/gi, instead: 'stays in memory, is kept' },
  { pattern: /\b(?:takes?|took|taking|taken) (?:its |their )?leave\b/gi, instead: 'close, disconnect' },
  { pattern: /\b(?:farewell|goodbye)s?\b/gi, instead: 'close, closing message' },
  {
    pattern:
      /(?<!\bthere )\b(?:is|are|was|were) no (?!longer\b|more\b|less\b|fewer\b|later\b|earlier\b|larger\b|other\b)/gi,
    instead: 'is not a …, has no …',
  },
  { pattern: /\b(?:come|comes|came|coming) back\b/gi, instead: 'reconnect, return, recover' },
  { pattern: /\b(?:go|goes|went|gone) away\b/gi, instead: 'disconnect, be lost, be removed' },
  { pattern: /\b(?:go|goes|went|going) down\b/gi, instead: 'shut down' },
  { pattern: /\bof (?:its|their) own accord\b/gi, instead: 'by itself, automatically' },
  { pattern: /\bworth nothing\b/gi, instead: 'invalid, of no use' },
  { pattern: /\bthe ones? that\b/gi, instead: 'name the thing' },
  { pattern: /\bof (?:ours|theirs)\b/gi, instead: 'our own, their own' },
  { pattern: /\blies\b/gi, instead: 'is stored, is' },
  { pattern: /\bwhat is (?:left|owed)\b/gi, instead: 'the rest, the remaining …' },
  { pattern: /(?:^|[.;:] )Answers?\b/g, instead: 'Returns' },
  { pattern: /\banswers with\b/gi, instead: 'returns' },
  { pattern: /(?:^|[.;:] )Else\b/g, instead: 'Otherwise' },
  { pattern: /\b(?:give|gives|gave|giving) way\b/gi, instead: 'is evicted, yields' },
  { pattern: /\b(?:know|knows|knew) of\b/gi, instead: 'has, knows' },
  { pattern: /\bstrangers?\b/gi, instead: 'someone who is not a member, another process' },
  { pattern: /\b(?:road|door)s?\b/gi, instead: 'transport, entry point' },
  { pattern: /\b(?:let|lets|letting) in\b/gi, instead: 'admit, accept' },
  { pattern: /\b(?:remembers?|remembered|remembering)\b/gi, instead: 'cache, keep, store' },
  { pattern: /\b(?:forgets?|forgot|forgotten|forgetting)\b/gi, instead: 'discard, evict, remove' },
  { pattern: /\bcomes? to be\b/gi, instead: 'is made, becomes' },
  { pattern: /\bmends?\b/gi, instead: 'repair, fix' },
  { pattern: /\bcares?\b/gi, instead: 'name what depends on it' },
  {
    pattern: /\b(?:thereof|therein|thereby|wherein|whereby|whereupon|whence|hence|thus|lest|nought|upon|many a)\b/gi,
    instead: 'plain words',
  },
]
