import fc from 'fast-check'
import { assert } from 'vitest'
import type { Ask } from '../../state/asks.ts'
import { effects } from '../support/effects.ts'
import { BROAD_TASK, broadResult, broadTree, LETTERS } from './broad-tree.ts'
import { decisionFor, KINDS, type Kind, ranFor, resultFor } from './decided.ts'
import { freshRuntimes, type Lend } from './lend.ts'

export interface Answering {
  /** Decides the order, and what is answered to whom. */
  readonly seed: number
  readonly lend: Lend
  /** How many answers are given at the same moment, each by a runtime of its own. */
  readonly atOnce?: number
}

/**
 * Runs the broad tree until it has asked for all it needs, answers in the order of the seed, each answer from a fresh
 * runtime, and asserts after each that what has run is exactly what was allowed so far.
 */
export async function answeredInAnyOrder({ seed, lend, atOnce = 1 }: Answering): Promise<void> {
  const told = `seed ${seed}, ${atOnce} at once`
  const touch = effects()
  const fresh = freshRuntimes(lend, () => broadTree(touch))
  const answered = (ask: Ask, kind: Kind) =>
    fresh(async (runtime) => (await runtime.resolveInput(ask.id, decisionFor(kind, letterOf(ask)))).result)

  const { threadId } = await fresh((runtime) => runtime.startTurn({ agent: 'root', input: BROAD_TASK }))
  const asks = await fresh((runtime) => runtime.openAsks(threadId))
  assertAllListed(asks, told)
  const askFor = new Map(asks.map((ask) => [letterOf(ask), ask]))

  const given = new Map<string, Kind>()
  let ends: string[] = []
  for (const batch of inBatches(planOf(seed), atOnce)) {
    const results = await Promise.all(batch.map(([letter, kind]) => answered(askFor.get(letter)!, kind))).catch(
      (cause) => assert.fail(`${told}: ${cause}`)
    )
    for (const [letter, kind] of batch) given.set(letter, kind)
    ends = results.flatMap(({ outcome }) => (outcome.status === 'completed' ? [outcome.text] : []))
    const allowed = [...given].flatMap(([letter, kind]) => ranFor(kind, letter))
    assert.sameMembers(touch.done, allowed, `${told}: what was allowed has run, and nothing else`)
    const open = await fresh((runtime) => runtime.openAsks(threadId))
    const waiting = LETTERS.filter((letter) => !given.has(letter))
    assert.sameMembers(open.map(letterOf), waiting, `${told}: what nobody answered still waits`)
  }
  assert.include(
    ends,
    broadResult((letter) => resultFor(given.get(letter)!, letter)),
    told
  )
}

/** All eighteen, each with its place, its call and its arguments; two for each of the nine leaves. */
function assertAllListed(asks: readonly Ask[], told: string): void {
  const listed = asks.map(({ path, tool, args }) => ({ path, tool, args }))
  const expected = LETTERS.map((what) => ({ path: 'root/lead/leaf', tool: 'touch', args: { what } }))
  assert.sameDeepMembers(listed, expected, told)
  assert.equal(new Set(asks.map(({ id }) => id)).size, LETTERS.length, told)
  assert.equal(new Set(asks.map(({ toolCallId }) => toolCallId)).size, LETTERS.length, told)
  assert.equal(new Set(asks.map(({ threadId }) => threadId)).size, LETTERS.length / 2, told)
}

function letterOf({ args }: Ask): string {
  return (args as { what: string }).what
}

/** Who is answered when, and how. */
function planOf(seed: number): [letter: string, kind: Kind][] {
  const all = { minLength: LETTERS.length, maxLength: LETTERS.length }
  const plans = fc.tuple(fc.shuffledSubarray([...LETTERS], all), fc.array(fc.constantFrom(...KINDS), all))
  const [plan] = fc.sample(plans, { seed, numRuns: 1, unbiased: true })
  const [letters, kinds] = plan!
  return letters.map((letter, nth) => [letter, kinds[nth]!])
}

function inBatches<T>(items: readonly T[], size: number): T[][] {
  const starts = items.flatMap((_, nth) => (nth % size === 0 ? [nth] : []))
  return starts.map((start) => items.slice(start, start + size))
}
