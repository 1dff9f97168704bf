import { createInterface } from 'node:readline/promises'
import type { Ask } from '../../state/asks.ts'
import type { Decision } from '../../state/decisions.ts'
import { argumentsInBrief } from './brief.ts'

/** Whoever answers what the agents ask. */
export type Answering = (ask: Ask) => Promise<Decision>

/** The person went away without an answer: the ask stays open in the store. */
export class NobodyAnswers extends Error {
  override readonly name = 'NobodyAnswers'
  readonly ask: Ask

  constructor(ask: Ask, options: ErrorOptions) {
    super(`what ${ask.path} asks is left open`, options)
    this.ask = ask
  }
}

/**
 * Asks the person at the terminal; what is neither yes nor no is a no with these words for the agent.
 * @throws NobodyAnswers
 */
export async function byPerson(ask: Ask): Promise<Decision> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  const left = new AbortController()
  terminal.once('close', () => left.abort())
  try {
    const question = `  ${ask.path} wants to run ${ask.tool}: ${argumentsInBrief(ask.args)}\n  allow it? [y, n, or why not] `
    const answer = (await terminal.question(question, { signal: left.signal })).trim()
    if (/^(y|yes)$/i.test(answer)) return { kind: 'approve', scope: 'once' }
    return { kind: 'reject', reason: /^(n|no|)$/i.test(answer) ? '' : answer }
  } catch (cause) {
    throw new NobodyAnswers(ask, { cause })
  } finally {
    terminal.close()
  }
}
