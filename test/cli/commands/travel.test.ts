import { assert, describe, it } from 'vitest'
import type { CheckpointDiff } from '../../../runtime/history/diff.ts'
import type { HistoryEntry } from '../../../runtime/history/list.ts'
import { AGENTS, idAfter, type Place, place } from '../deputy.ts'

const WITH = ['--agents', AGENTS] as const

async function stamped(at: Place): Promise<string> {
  const { stdout, stderr } = await at.deputy('run', ...WITH, '--agent', 'lead', '--yes', 'stamp a')
  assert.equal(stderr, '')
  return idAfter('thread', stdout)
}
const listed = async (at: Place, ...args: string[]) =>
  JSON.parse((await at.deputy('history', ...args, '--json')).stdout) as HistoryEntry[]

describe.concurrent('going back in time at the terminal', { timeout: 120_000 }, () => {
  it('lists the checkpoints of a thread and of a tree, narrowed down, without the agents', async () => {
    const at = await place()
    const thread = await stamped(at)
    const own = await listed(at, thread.slice(0, 8))
    assert.deepEqual([...new Set(own.map(({ path }) => path))], ['lead'])
    const tree = await listed(at, thread, '--tree')
    assert.sameMembers([...new Set(tree.map(({ path }) => path))], ['lead', 'lead/clerk'])
    assert.deepEqual(
      await listed(at, thread, '--agent', 'clerk', '--node', 'act'),
      tree.filter(({ nodes }) => nodes.includes('act'))
    )
    assert.deepEqual(await listed(at, thread, '--tree', '--limit', '2'), tree.slice(0, 2))
    assert.deepEqual(await listed(at, thread, '--tree', '--before', String(tree[1]!.place)), tree.slice(2))
    assert.deepEqual(await listed(at, thread, '--since', '1h', '--source', 'input'), own.slice(-1))
    assert.deepEqual(await listed(at, thread, '--until', '2020-01-01'), [])
    const { code, stdout } = await at.deputy('history', thread)
    assert.equal(code, 0)
    const lines = stdout.trimEnd().split('\n')
    assert.lengthOf(lines, own.length)
    assert.match(lines[0]!, new RegExp(`^${own[0]!.checkpointId} +\\S+ \\S+Z +lead +\\d+ +think → at rest +`))
  })

  it('labels a checkpoint, which is then found by its label, and takes the label away', async () => {
    const at = await place()
    const thread = await stamped(at)
    const [head, before] = await listed(at, thread)
    assert.equal((await at.deputy('label', thread, 'all done')).code, 0)
    assert.equal((await at.deputy('label', thread, 'nearly', '--checkpoint', before!.checkpointId)).code, 0)
    assert.deepEqual(
      (await listed(at, thread, '--label', 'all done')).map(({ checkpointId }) => checkpointId),
      [head!.checkpointId]
    )
    assert.include((await at.deputy('history', thread)).stdout, '[nearly]')
    const taken = await at.deputy('label', thread, 'nearly')
    assert.deepEqual([taken.code, taken.stderr.split(': ')[1]], [2, 'LABEL_TAKEN'])
    const forked = await at.deputy('fork', thread, '--checkpoint', 'nearly', ...WITH, '--json')
    assert.equal(forked.code, 0, forked.stderr)
    assert.equal((await at.deputy('label', thread, 'nearly', '--remove')).code, 0)
    const gone = await at.deputy('label', thread, 'nearly', '--remove')
    assert.deepEqual([gone.code, gone.stderr.split(': ')[1]], [2, 'UNKNOWN_LABEL'])
  })

  it('shows what a step changed, as lines, as JSON and as a patch', async () => {
    const at = await place()
    const thread = await stamped(at)
    const [head] = await listed(at, thread)
    const { stdout, code } = await at.deputy('diff', thread, head!.checkpointId, ...WITH)
    assert.equal(code, 0)
    assert.match(stdout, /^lead \d+ \S+ → lead \d+ \S+\n\nMessages \(\d+ the same\)\n\+ ai: /)
    const whole = await at.deputy('diff', thread, head!.checkpointId, '--mode', 'from-start', '--json', ...WITH)
    const diff = JSON.parse(whole.stdout) as CheckpointDiff
    assert.equal(diff.messages.added.length, head!.messages)
    const first = (await listed(at, thread)).at(-1)!
    const patch = await at.deputy('diff', thread, first.checkpointId, head!.checkpointId, '--patch', ...WITH)
    assert.deepEqual(JSON.parse(patch.stdout), diff.patch)
  })

  it('says of a fork what would be done again, and asks before it is, unless that is accepted', async () => {
    const at = await place()
    const thread = await stamped(at)
    const first = (await listed(at, thread)).at(-1)!
    const forked = await at.deputy('fork', thread, '--checkpoint', first.checkpointId, ...WITH)
    assert.include(forked.stderr, 'done already')
    assert.match(forked.stderr, / {2}lead\/clerk {2}stamp /)
    const asked = await at.deputy('resume', forked.stdout.trim(), ...WITH)
    assert.equal(asked.code, 3)
    const accepted = await at.deputy('fork', thread, '--checkpoint', first.checkpointId, '--accept', ...WITH)
    assert.equal(accepted.stderr, '')
  })

  it('rewinds to a checkpoint, a message or a time, and lists what was left', async () => {
    const at = await place()
    const started = await at.deputy('run', ...WITH, '--agent', 'clerk', 'say one')
    const thread = idAfter('thread', started.stdout)
    const [head] = await listed(at, thread)
    assert.equal((await at.deputy('run', ...WITH, '--agent', 'clerk', '--thread', thread, 'say two')).code, 0)
    const { code, stdout, stderr } = await at.deputy('rewind', thread, '--checkpoint', head!.checkpointId, ...WITH)
    assert.deepEqual([code, stderr], [0, ''])
    const fresh = stdout.trim()
    const old = await at.deputy('run', ...WITH, '--agent', 'clerk', '--thread', thread, 'say three')
    assert.deepEqual([old.code, old.stderr.split(': ')[1]], [2, 'THREAD_REWOUND'])
    assert.include(old.stderr, fresh)
    assert.equal((await at.deputy('run', ...WITH, '--agent', 'clerk', '--thread', fresh, 'say three')).code, 0)
    const branches = (await at.deputy('history', fresh, '--branches')).stdout.trimEnd().split('\n')
    assert.lengthOf(branches, 2)
    assert.include(branches[0]!, `${fresh} took its place`)
    const whole = await at.deputy('diff', fresh, 'none', ...WITH)
    assert.deepEqual([whole.code, whole.stderr.split(': ')[1]], [2, 'UNKNOWN_CHECKPOINT'])
    const again = await at.deputy('rewind', fresh, '--at', new Date().toISOString(), '--json', ...WITH)
    assert.equal((JSON.parse(again.stdout) as { status: string }).status, 'completed')
    const early = await at.deputy('rewind', fresh, '--at', '2020-01-01', ...WITH)
    assert.deepEqual([early.code, early.stderr.split(': ')[1]], [2, 'UNKNOWN_CHECKPOINT'])
  })

  it('refuses what says nothing, or two things at once', async () => {
    const at = await place()
    const thread = await stamped(at)
    const wrong: string[][] = [
      ['rewind', thread, ...WITH],
      ['rewind', thread, '--at', 'yesterday'],
      ['rewind', thread, '--at', '2020-13-40'],
      ['rewind', thread, '--at', '1h', '--message', 'm'],
      ['rewind', thread, '--checkpoint', 'x', '--message', 'm'],
      ['history', thread, '--since', 'then'],
      ['history', thread, '--limit', '0'],
      ['history'],
      ['diff', thread],
      ['diff', thread, 'x', '--mode', 'all'],
      ['label', thread],
      ['label', thread, ' '],
      ['label', thread, 'x', '--remove', '--checkpoint', 'y']
    ]
    for (const args of wrong) {
      const { code, stderr } = await at.deputy(...args)
      assert.deepEqual([code, stderr.split(': ')[1]], [2, 'BAD_ARGUMENTS'], `${args.join(' ')}\n${stderr}`)
    }
    const message = await at.deputy('rewind', thread, '--message', 'nobody said it', ...WITH)
    assert.deepEqual([message.code, message.stderr.split(': ')[1]], [2, 'UNKNOWN_MESSAGE'])
  })
})
