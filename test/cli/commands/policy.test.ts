import { join } from 'node:path'
import { assert, describe, it } from 'vitest'
import { openStore } from '../../../checkpointers/open.ts'
import { AGENTS, idAfter, place } from '../deputy.ts'

const WITH = ['--agents', AGENTS] as const
const CLERK = [...WITH, '--agent', 'clerk'] as const
const LEAD = [...WITH, '--agent', 'lead'] as const

const askedIn = (stdout: string) => [...stdout.matchAll(/deputy answer (\S+) approve/g)].map(([, id]) => id!)

describe.concurrent('a profile, and rules of a command,', { timeout: 120_000 }, () => {
  it('are kept with the tree, for whichever process goes on with it, down to the last agent', async () => {
    const { deputy, stamps } = await place()
    const rules = ['--rule', 'deny stamp what is "b"', '--rule', 'allow stamp what is "c"']
    const { stdout } = await deputy('run', ...LEAD, ...rules, 'stamp a; stamp b; stamp c')
    assert.deepEqual(stamps(), ['c'])
    assert.notInclude(stdout, '--rule')
    const [ask, ...others] = askedIn(stdout)
    assert.lengthOf(others, 0)
    const forbidden = await deputy('answer', ask!, 'edit', '--args', '{"what":"b"}', ...WITH)
    assert.match(forbidden.stderr, /^deputy: BAD_DECISION: .*what is "b", session policy, --rule:1/)
    assert.equal((await deputy('answer', ask!, 'approve', ...WITH)).code, 0)
    const again = await deputy('run', '--thread', idAfter('thread', stdout), ...WITH, 'stamp b; stamp c')
    assert.equal(again.code, 0, again.stderr)
    assert.deepEqual(stamps(), ['c', 'a', 'c'])
  })

  it('are replaced by those of a later command, which says so', async () => {
    const { deputy, stamps } = await place()
    const { stdout } = await deputy('run', ...CLERK, '--profile', 'plan', '--rule', 'ask wait', 'stamp a')
    const thread = idAfter('thread', stdout)
    assert.include((await deputy('show', thread, ...WITH)).stdout, 'under the profile plan and 1 rule of its own')
    const denied = await deputy('run', '--thread', thread, ...WITH, 'stamp b')
    assert.deepEqual([denied.code, denied.stderr, stamps()], [0, '', []])
    const asked = await deputy('run', '--thread', thread, ...WITH, '--profile', 'ask', 'stamp c')
    assert.equal(asked.code, 3)
    assert.equal(asked.stderr, 'from now on the tree is under the profile ask and 1 rule of its own\n')
    const [ask] = askedIn(asked.stdout)
    const answered = await deputy('answer', ask!, 'approve', ...WITH, '--rule', 'deny stamp')
    assert.include(answered.stderr, 'BAD_DECISION')
    const trusted = ['--rule', 'allow stamp', '--profile', 'trusted']
    const approved = await deputy('answer', ask!, 'approve', ...WITH, ...trusted)
    assert.include(approved.stderr, 'from now on the tree is under the profile trusted and 1 rule of its own')
    assert.equal((await deputy('run', '--thread', thread, ...WITH, 'stamp d')).code, 0)
    assert.deepEqual(stamps(), ['c', 'd'])
  })

  it('go along to a fork, unless the command says something else of it', async () => {
    const { deputy, stamps } = await place()
    const { stdout } = await deputy('run', ...CLERK, '--rule', 'allow stamp', 'stamp a')
    const thread = idAfter('thread', stdout)
    const { checkpoints } = JSON.parse((await deputy('show', thread, '--json', ...WITH)).stdout) as {
      checkpoints: { checkpointId: string; next: string[] }[]
    }
    const { checkpointId } = checkpoints.find(({ next }) => next[0] === 'think' || next[0] === '__start__')!
    const fork = (await deputy('fork', thread, '--checkpoint', checkpointId, '--accept', ...WITH)).stdout.trim()
    await deputy('resume', fork, ...WITH)
    await deputy('run', '--thread', fork, ...WITH, 'stamp b')
    assert.deepEqual(stamps().slice(-1), ['b'])
    const before = stamps()
    const denied = ['--checkpoint', checkpointId, '--accept', '--rule', 'deny stamp']
    const other = (await deputy('fork', thread, ...denied, ...WITH)).stdout.trim()
    await deputy('run', '--thread', other, ...WITH, '--when-busy', 'replace', 'stamp c')
    assert.deepEqual(stamps(), before)
    assert.equal((await deputy('run', '--thread', thread, ...WITH, 'stamp d')).code, 0)
    assert.deepEqual(stamps(), [...before, 'd'])
  })

  it('of the environment are for a new tree, and for one of which nothing was said', async () => {
    const planning = await place({ DEPUTY_PROFILE: 'plan' })
    const at = await place()
    const store = ['--store', `sqlite:${join(at.dir, '.deputy/deputy.db')}`]
    const planned = idAfter('thread', (await planning.deputy('run', ...CLERK, ...store, 'stamp a')).stdout)
    assert.equal((await at.deputy('run', '--thread', planned, ...WITH, 'stamp b')).code, 0)
    assert.deepEqual(planning.stamps(), [])
    const edited = await at.deputy('run', ...CLERK, '--profile', 'trusted', '--rule', 'allow stamp', 'stamp c')
    const trusted = idAfter('thread', edited.stdout)
    assert.equal((await planning.deputy('run', '--thread', trusted, ...WITH, ...store, 'stamp d')).code, 0)
    assert.deepEqual(at.stamps(), ['c', 'd'])
    const plain = idAfter('thread', (await at.deputy('run', ...CLERK, 'say one')).stdout)
    assert.equal((await planning.deputy('run', '--thread', plain, ...WITH, ...store, 'stamp e')).code, 0)
    assert.equal((await at.deputy('run', '--thread', plain, ...WITH, 'stamp e')).code, 3)
    assert.deepEqual(at.stamps(), ['c', 'd'])
  })

  it('that cannot be understood let nobody go on with the tree', async () => {
    const { deputy, dir, stamps } = await place()
    const { stdout } = await deputy('run', ...CLERK, '--profile', 'ask', 'stamp a')
    const [thread, [ask]] = [idAfter('thread', stdout), askedIn(stdout)]
    const store = await openStore(`sqlite:${join(dir, '.deputy/deputy.db')}`)
    await store.journal.setPolicy(thread, { profile: 'yolo', rules: [] })
    await store.close()
    for (const attempt of [
      ['resume', thread],
      ['answer', ask!, 'approve'],
      ['run', '--thread', thread, '--when-busy', 'replace', 'stamp b']
    ]) {
      const { code, stderr } = await deputy(...attempt, ...WITH)
      assert.equal(code, 2)
      assert.match(stderr, /^deputy: BAD_POLICY: .* "yolo"/)
    }
    assert.equal((await deputy('answer', ask!, 'approve', ...WITH, '--profile', 'ask')).code, 0)
    assert.deepEqual(stamps(), ['a'])
  })
})
