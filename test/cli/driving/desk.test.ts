import { assert, describe, it } from 'vitest'
import type { Decide } from '../../../cli/driving/decide.ts'
import { yes } from '../../../cli/driving/decide.ts'
import { desk } from '../../../cli/driving/desk.ts'
import type { Decision } from '../../../state/decisions.ts'
import { RuntimeError } from '../../../state/errors.ts'
import { asking, CODER, LEAD } from '../view/told.ts'

const first = asking(LEAD)
const second = asking(CODER)
const never = new AbortController().signal

/** Records what is handed over; refuses what `refuse` says. */
function handing(refuse: (askId: string) => RuntimeError | undefined = () => undefined) {
  const handed: [string, Decision['kind']][] = []
  const hand = async ({ id }: { id: string }, decision: Decision) => {
    const refusal = refuse(id)
    if (refusal) throw refusal
    handed.push([id, decision.kind])
  }
  return { handed, hand }
}

describe('the desk', () => {
  it('puts one ask after the other, each once', async () => {
    const { handed, hand } = handing()
    const atOnce = new Set<string>()
    const decide: Decide = async ({ id }) => {
      atOnce.add(id)
      await Promise.resolve()
      assert.lengthOf([...atOnce], 1)
      atOnce.delete(id)
      return { kind: 'reject', reason: '' }
    }
    const { lay, cleared } = desk({ decide, hand, signal: never })
    lay([first, second])
    lay([first])
    await cleared()
    assert.deepEqual(handed, [
      [first.id, 'reject'],
      [second.id, 'reject']
    ])
  })

  it('takes away what was decided elsewhere, also while the person reads it', async () => {
    const { handed, hand } = handing()
    const decide: Decide = (_ask, { signal }) =>
      new Promise((resolve) => signal.addEventListener('abort', () => resolve(undefined)))
    const { lay, take, cleared } = desk({ decide, hand, signal: never })
    lay([first, second])
    take(second.id)
    await Promise.resolve()
    take(first.id)
    await cleared()
    assert.deepEqual(handed, [])
  })

  it('asks again where a decision does not hold, and says why', async () => {
    const reasons: (string | undefined)[] = []
    const { handed, hand } = handing(() =>
      reasons.length === 1 ? new RuntimeError('BAD_DECISION', 'denied') : undefined
    )
    const decide: Decide = async (_ask, { refused }) => {
      reasons.push(refused)
      return { kind: 'approve', scope: 'once' }
    }
    const { lay, cleared } = desk({ decide, hand, signal: never })
    lay([first])
    await cleared()
    assert.deepEqual(reasons, [undefined, 'denied'])
    assert.deepEqual(handed, [[first.id, 'approve']])
  })

  it('leaves open with --yes what cannot be approved', async () => {
    const { handed, hand } = handing((id) => (id === first.id ? new RuntimeError('BAD_DECISION', 'denied') : undefined))
    const { lay, cleared } = desk({ decide: yes, hand, signal: never })
    lay([first, second])
    await cleared()
    assert.deepEqual(handed, [[second.id, 'approve']])
  })

  it('goes on where somebody else was faster', async () => {
    const { handed, hand } = handing((id) => (id === first.id ? new RuntimeError('ASK_DECIDED', 'late') : undefined))
    const { lay, cleared } = desk({ decide: yes, hand, signal: never })
    lay([first, second])
    await cleared()
    assert.deepEqual(handed, [[second.id, 'approve']])
  })
})
