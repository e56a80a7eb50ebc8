/** The script of `messenger demo`: a small team at a bakery software company, in the week of its launch. */
export const cast = ['alice', 'ben', 'chioma', 'diego', 'emi', 'farid'] as const
export type Person = (typeof cast)[number]

export const nameOf: Readonly<Record<Person, string>> = {
  alice: 'Alice Moreau',
  ben: 'Ben Adeyemi',
  chioma: 'Chioma Eze',
  diego: 'Diego Santos',
  emi: 'Emi Tanaka',
  farid: 'Farid Karimi',
}

/** A reply in the thread under a line. */
export interface ScriptReply {
  readonly by: Person
  readonly text: string
  readonly alsoInConversation?: true
}

export interface ScriptLine {
  readonly by: Person
  readonly text: string
  /** The text to which the author edits it afterwards. */
  readonly edit?: string
  readonly deleted?: true
  /** How many lines before this one the quoted message is. */
  readonly quotes?: number
  readonly reactions?: Readonly<Record<string, readonly Person[]>>
  readonly replies?: readonly ScriptReply[]
}

export interface Scene {
  /** Part of the idempotency keys that make a second run safe; it must never change. */
  readonly key: string
  readonly kind: 'DIRECT' | 'GROUP' | 'CHANNEL'
  readonly name?: string
  readonly topic?: string
  readonly owner: Person
  readonly others: readonly Person[]
  readonly lines: readonly ScriptLine[]
}

const say = (by: Person, text: string, more: Omit<ScriptLine, 'by' | 'text'> = {}): ScriptLine => ({
  by,
  text,
  ...more,
})

const general: Scene = {
  key: 'general',
  kind: 'CHANNEL',
  name: 'general',
  topic: 'What everybody should know',
  owner: 'alice',
  others: ['ben', 'chioma', 'diego', 'emi', 'farid'],
  lines: [
    say('alice', 'Good morning <@everyone>! Launch is on Thursday. One place for news: here.', {
      reactions: { '👋': ['ben', 'emi', 'farid'], '🚀': ['chioma', 'diego'] },
    }),
    say('farid', 'Morning from a very rainy Hamburg ☔'),
    say('emi', 'The new website is live on staging. Have a look before noon, please.', {
      reactions: { '👀': ['alice', 'ben', 'chioma'] },
      replies: [
        { by: 'diego', text: 'The bread on the first page makes me hungry. Is that the plan?' },
        { by: 'emi', text: 'That is exactly the plan.' },
        { by: 'chioma', text: '<@emi> the contact form still says 2024.' },
        { by: 'emi', text: 'The contact form is right now too. Thank you, <@chioma>!', alsoInConversation: true },
      ],
    }),
    say('ben', 'It looks great. The prices on the second page are last year’s though.', { quotes: 1 }),
    say('emi', 'Good catch, fixed in five minutes.'),
    say('diego', 'I am out on Friday afternoon: my daughter’s school play.', {
      reactions: { '🎭': ['emi'], '❤️': ['alice', 'chioma'] },
    }),
    say('chioma', 'Reminder: expenses for October by tomorow.', {
      edit: 'Reminder: expenses for October by tomorrow.',
      reactions: { '😬': ['farid'] },
    }),
    say('farid', 'The receipt for the cable is… somewhere.'),
    say('alice', 'We have a name for the release: Sourdough.', {
      reactions: { '🍞': ['ben', 'chioma', 'diego', 'emi', 'farid'], '😂': ['farid'] },
    }),
    say('ben', 'Because it took three days to rise?', { reactions: { '😂': ['alice', 'emi', 'diego', 'chioma'] } }),
    say('chioma', 'The first customer of the pilot has signed for two years!', {
      reactions: { '🎉': ['alice', 'ben', 'diego', 'emi', 'farid'], '💪': ['alice'] },
    }),
    say('alice', 'Wonderful work, <@chioma>. Tell us everything at the stand-up.'),
    say('diego', 'Please nobody restart the staging server, I am in the middle of an import.'),
    say('farid', 'Which one is staging again? Asking for a friend.', { deleted: true }),
    say('diego', 'Import done. 48,000 recipes, none lost.', { reactions: { '👏': ['alice', 'farid'] } }),
    say('emi', 'Photos of the team for the about page: today at three, in the kitchen.'),
    say('ben', 'Do we have to smile?', { quotes: 1 }),
    say('emi', 'Two of you do. You know who you are.', { reactions: { '😅': ['ben', 'farid'] } }),
    say('alice', 'Thursday, 10:00: we press the button together. Cake afterwards. <@everyone>', {
      reactions: { '🎂': ['ben', 'chioma', 'diego', 'emi', 'farid'], '✅': ['ben', 'chioma'] },
    }),
    say('chioma', 'See you there!'),
  ],
}

const engineering: Scene = {
  key: 'engineering',
  kind: 'CHANNEL',
  name: 'engineering',
  topic: 'Building, breaking, mending',
  owner: 'ben',
  others: ['alice', 'diego', 'emi', 'farid'],
  lines: [
    say('ben', 'The order service answers in 40 ms now. It was 900 on Monday.', {
      reactions: { '⚡': ['diego', 'farid'], '🤯': ['emi'] },
    }),
    say('farid', 'What was it?'),
    say('ben', 'An index that everybody thought existed.', {
      quotes: 1,
      reactions: { '😂': ['farid', 'alice', 'diego'] },
    }),
    say('diego', 'Found out why the nightly build fails: it runs when the clocks change.', {
      replies: [
        { by: 'farid', text: 'Twice a year? It failed eleven times this month.' },
        { by: 'diego', text: 'Somebody had set the clock of the build server by hand. <@ben>?' },
        { by: 'ben', text: 'I wanted the cron job to run sooner. Once.' },
      ],
    }),
    say('emi', 'Time zones. It is always time zones.', { reactions: { '💯': ['ben', 'diego', 'farid'] } }),
    say('farid', 'Review please: retrying webhooks with jitter. It is small, I promise.'),
    say('ben', 'On it.', { reactions: { '🙏': ['farid'] } }),
    say('ben', 'Small, he said. 31 files.', { quotes: 2 }),
    say('farid', '28 of them are snapshots!', { edit: '27 of them are snapshots!' }),
    say('diego', '<@farid> could you make the delay a setting? Two customers will ask.'),
    say('farid', 'Done, `WEBHOOK_RETRY_SECONDS`, default 30.', { reactions: { '👍': ['diego', 'ben'] } }),
    say('alice', 'How do we look for Thursday, honestly?'),
    say('ben', 'Two open bugs, neither in the way. I would ship today.', { reactions: { '🚀': ['alice'] } }),
    say('diego', 'I would ship tomorrow. I want one full night of the import first.'),
    say('alice', 'Tomorrow it is, then. Thank you both.', { reactions: { '👍': ['ben', 'diego', 'emi', 'farid'] } }),
    say('emi', 'The checkout button jumps by one pixel on Safari. It haunts me.'),
    say('ben', 'Let it go.', { quotes: 1 }),
    say('emi', 'Never. Fixed: it was the font fallback.', { reactions: { '🧐': ['ben'], '❤️': ['alice'] } }),
    say('farid', 'Here is the production password: hunter2', { deleted: true }),
    say('diego', '<@farid> please tell me that was a joke.', { reactions: { '😱': ['emi', 'ben'] } }),
    say('farid', 'It was a joke. I have also rotated it, to be on the safe side.'),
    say(
      'ben',
      'Postmortem of last week’s outage is written. Short version: a full disk, an alert that went to a mailbox nobody reads, and luck.',
    ),
    say('alice', 'Where do the alerts go now?', { quotes: 1 }),
    say('ben', 'To all five phones. Sorry in advance.', { reactions: { '📱': ['diego'], '😴': ['farid', 'emi'] } }),
    say('diego', 'Load test over night: 3,000 orders a minute for six hours, not one lost.', {
      reactions: { '🔥': ['alice', 'ben', 'emi', 'farid'] },
    }),
    say('emi', 'That is more croissants than there are people in this city.'),
    say('farid', 'Somebody has to think big.', { quotes: 1 }),
    say('ben', 'Freeze from now on. Only fixes, and two pairs of eyes on each. <@everyone>', {
      reactions: { '🧊': ['alice', 'diego', 'emi', 'farid'] },
    }),
  ],
}

const random: Scene = {
  key: 'random',
  kind: 'CHANNEL',
  name: 'random',
  topic: 'Neither news nor work',
  owner: 'emi',
  others: ['alice', 'ben', 'chioma', 'farid'],
  lines: [
    say('emi', 'My cat has learned to open the fridge. I have questions.'),
    say('farid', 'Does the cat take requests?', { reactions: { '😹': ['emi', 'chioma'] } }),
    say('chioma', 'Book recommendation, anyone? Long train ride on Saturday.'),
    say('ben', '“The Soul of a New Machine”. Forty years old and nothing has changed.', {
      reactions: { '📚': ['chioma', 'alice'] },
    }),
    say('emi', 'Anything by Yoko Ogawa.', { quotes: 2 }),
    say('chioma', 'Both ordered, thank you!'),
    say('farid', 'Is a hot dog a sandwich?'),
    say('alice', 'Farid. We have talked about this.', { reactions: { '😂': ['ben', 'emi', 'chioma', 'farid'] } }),
    say('ben', 'It is a taco, strictly speaking.'),
    say('farid', 'Finally somebody with standards.', { quotes: 1, reactions: { '🌮': ['ben'] } }),
    say('chioma', 'Who left the plant in the meeting room? It is lovely.'),
    say('emi', 'I did. Its name is Segfault.', { edit: 'I did. Its name is Segfault. Water it on Mondays.' }),
    say('ben', 'Of course it is.', { reactions: { '🪴': ['emi', 'alice'] } }),
    say('alice', 'Bike or tram tomorrow? The forecast cannot decide.'),
    say('farid', 'Boat.', { quotes: 1, reactions: { '🚤': ['alice', 'emi', 'chioma'] } }),
  ],
}

const launch: Scene = {
  key: 'launch',
  kind: 'GROUP',
  name: 'Launch week',
  topic: 'Thursday, 10:00',
  owner: 'alice',
  others: ['ben', 'chioma', 'emi'],
  lines: [
    say('alice', 'A small group so that the details stay out of general. Who has which part?'),
    say('chioma', 'Press, partners and the three pilot bakeries are mine.'),
    say('emi', 'Website, screenshots, the film.'),
    say('ben', 'Everything that can catch fire.', { reactions: { '🧯': ['alice', 'emi'], '😂': ['chioma'] } }),
    say('alice', 'Perfect. I write the announcement. Draft tonight.'),
    say('chioma', 'The local paper wants a quote. <@alice>, two sentences by four?'),
    say('alice', '“Bakers get up at three. The least we can do is not to waste their morning.”', {
      reactions: { '❤️': ['chioma', 'emi'], '👌': ['ben'] },
    }),
    say('chioma', 'That is one more sentence than they deserve. Sent!', { quotes: 1 }),
    say('emi', 'The film is 94 seconds. Too long?'),
    say('ben', 'Nobody has ever wished that a product film was longer.', { reactions: { '💯': ['alice', 'chioma'] } }),
    say('emi', 'Cut to 60. The dough stays in.'),
    say('alice', 'The dough must stay in.', { quotes: 1 }),
    say('ben', 'Rollback plan: one command, tested twice, takes forty secconds.', {
      edit: 'Rollback plan: one command, tested twice, takes forty seconds.',
    }),
    say('alice', 'May we never need it. Thank you, <@ben>.', { reactions: { '🤞': ['ben', 'chioma', 'emi'] } }),
    say('chioma', 'Bakery Lindner asks whether they can start on Wednesday already.'),
    say('ben', 'They can. I set them up this afternoon.', { reactions: { '🥐': ['chioma'] } }),
    say('chioma', 'They are so happy, they want to send us bread. A lot of it.'),
    say('emi', 'What is our address again? Asking quickly.', { reactions: { '🍞': ['alice', 'ben', 'chioma'] } }),
    say('alice', 'Draft of the announcement is in the folder. Be merciless.'),
    say('emi', 'Second paragraph: “leverage”. No.', { quotes: 1 }),
    say('alice', 'Gone. I do not know how it got in.', { reactions: { '😂': ['emi', 'ben'] } }),
    say('ben', 'I think we should move it to Friday', { deleted: true }),
    say('ben', 'Ignore me, I read the calendar of next week.'),
    say('alice', 'My heart stopped for a moment.', { quotes: 1 }),
    say('chioma', 'All partners have confirmed. 14 of 14.', { reactions: { '🎉': ['alice', 'ben', 'emi'] } }),
    say('alice', 'Then we are ready. Sleep well, all of you.', { reactions: { '🌙': ['ben', 'chioma', 'emi'] } }),
  ],
}

const lunch: Scene = {
  key: 'lunch',
  kind: 'GROUP',
  name: 'Lunch, anyone?',
  owner: 'farid',
  others: ['ben', 'diego', 'emi'],
  lines: [
    say('farid', 'Today: the noodle place, or the other noodle place?'),
    say('diego', 'The other one.', { reactions: { '🍜': ['emi', 'ben'] } }),
    say('emi', 'It closed last week 😢'),
    say('farid', 'This is the worst news of the quarter.', { quotes: 1, reactions: { '😭': ['diego', 'ben'] } }),
    say('ben', 'There is a new falafel van behind the station.'),
    say('diego', 'Is it good?'),
    say('ben', 'There was a queue of tram drivers. They know.', { reactions: { '🧆': ['diego', 'emi', 'farid'] } }),
    say('emi', 'Convinced. 12:15 at the door?'),
    say('farid', '12:10, or the queue eats us.', { edit: '12:05, or the queue eats us.' }),
    say('diego', 'Can somebody bring me one? I cannot leave the import.'),
    say('emi', 'With or without onions, <@diego>?'),
    say('diego', 'With. I work alone this afternoon.', { quotes: 1, reactions: { '😂': ['emi', 'ben', 'farid'] } }),
    say('ben', 'Verdict: nine of ten. One point off for the wobbly table.'),
    say('farid', 'Same tomorrow?', { reactions: { '👍': ['ben', 'diego', 'emi'] } }),
  ],
}

const direct: Scene = {
  key: 'alice-ben',
  kind: 'DIRECT',
  owner: 'alice',
  others: ['ben'],
  lines: [
    say('alice', 'Do you have ten minutes before the stand-up?'),
    say('ben', 'Sure. Good or bad?'),
    say('alice', 'Good! I would like you to lead the team from January.', { reactions: { '😮': ['ben'] } }),
    say('ben', 'Wow. I did not see that coming.'),
    say('ben', 'Yes? Yes!', { edit: 'Yes. With pleasure!', reactions: { '🎉': ['alice'] } }),
    say('alice', 'You have been doing it since summer anyway. Now it gets a name.'),
    say('ben', 'Who knows of it?'),
    say('alice', 'You and I. Let us tell the others after the launch.', { quotes: 1 }),
    say('ben', 'I can keep it to myself for two days. Probably.'),
    say('alice', 'You told Farid about the surprise party within the hour.', { reactions: { '😅': ['ben'] } }),
    say('ben', 'It is not my fault that he asked', { deleted: true }),
    say('ben', 'Fair point.', { quotes: 2 }),
    say('alice', 'Lunch on Friday to talk it over? My treat.'),
    say('ben', 'I know a van.', { reactions: { '😂': ['alice'] } }),
  ],
}

export const scenes: readonly Scene[] = [general, engineering, random, launch, lunch, direct]
