/**
 * Whether a rule is about something. `maybe`: it cannot be told before it happens. An allowing rule is then taken not to be, a
 * withholding one makes it a question.
 */
export type Match = 'yes' | 'no' | 'maybe'

/** Whether all items match. */
export function allOf<Item>(items: readonly Item[], matchOf: (item: Item) => Match): Match {
  let sofar: Match = 'yes'
  for (const item of items) {
    const match = matchOf(item)
    if (match === 'no') return 'no'
    if (match === 'maybe') sofar = 'maybe'
  }
  return sofar
}

/** What a pattern is for: one that withholds is read widely, one that allows to the letter. */
export type Purpose = 'allow' | 'withhold'
