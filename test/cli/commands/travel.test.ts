import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { assert, describe, it } from 'vitest'
import type { CheckpointDiff } from '../../../runtime/history/diff.ts'
import type { HistoryEntry } from '../../../runtime/history/list.ts'
import type { Rewound } from '../../../runtime/history/take-place.ts'
import { AGENTS, idAfter, type Place, place } from '../deputy.ts'

const WITH = ['--agents', AGENTS] as const

async function stamped(at: Place): Promise<string> {
  const { stdout, stderr } = await at.deputy('run', ...WITH, '--agent', 'lead', '--yes', 'stamp a')
  assert.equal(stderr, '')
  return idAfter('thread', stdout)
}
/** One thread in two turns, each of which leaves a mark, with the last checkpoint of the first. */
async function stampedTwice(at: Place): Promise<{ thread: string; first: string }> {
  const started = await at.deputy('run', ...WITH, '--agent', 'clerk', '--yes', 'stamp one')
  const thread = idAfter('thread', started.stdout)
  const [head] = await listed(at, thread)
  await at.deputy('run', ...WITH, '--agent', 'clerk', '--yes', '--thread', thread, 'stamp two')
  assert.deepEqual(at.stamps(), ['one', 'two'])
  return { thread, first: head!.checkpointId }
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
    assert.notInclude(accepted.stderr, 'done already')
    assert.match(accepted.stderr, /behind its checkpoint were:\n {2}stamped.txt {2}added\n$/)
  })

  it('takes the files back with the conversation, and undoes both', async () => {
    const at = await place()
    const { thread, first } = await stampedTwice(at)
    const { code, stdout, stderr } = await at.deputy('rewind', thread, '--checkpoint', first, '--accept', ...WITH)
    assert.deepEqual([code, stderr], [0, '1 file taken back\n'])
    assert.deepEqual(at.stamps(), ['one'])
    const undone = await at.deputy('undo', stdout.trim(), '--json', ...WITH)
    const { status, thread: fresh, files } = JSON.parse(undone.stdout) as Extract<Rewound, { status: 'rewound' }>
    assert.deepEqual([undone.code, status, files.status, fresh.status], [0, 'rewound', 'restored', 'completed'])
    assert.deepEqual(at.stamps(), ['one', 'two'])
    const branches = (await at.deputy('history', thread, '--branches')).stdout.trimEnd().split('\n')
    assert.lengthOf(branches, 3)
    assert.include(branches.at(-1)!, fresh.threadId)
    const other = await at.deputy('run', ...WITH, '--agent', 'clerk', 'say nothing')
    const nothing = await at.deputy('undo', idAfter('thread', other.stdout), ...WITH)
    assert.deepEqual([nothing.code, nothing.stderr.split(': ')[1]], [2, 'NOTHING_TO_UNDO'])
  })

  it('shows what somebody else has changed since, and takes it back only where that is said', async () => {
    const at = await place()
    const { thread, first } = await stampedTwice(at)
    const back = ['rewind', thread, '--checkpoint', first, ...WITH]
    await writeFile(join(at.dir, 'stamped.txt'), 'by hand\n')
    const stopped = await at.deputy(...back)
    assert.deepEqual([stopped.code, stopped.stdout], [1, ''])
    assert.match(
      stopped.stderr,
      /^nothing was taken back; .*\n {2}stamped.txt {2}changed; it would become what it was\n/
    )
    assert.include(stopped.stderr, '--on-conflict overwrite')
    const told = JSON.parse((await at.deputy(...back, '--json')).stdout) as Extract<Rewound, { status: 'conflicts' }>
    assert.deepEqual([told.status, told.conflicts.map(({ path }) => path)], ['conflicts', ['stamped.txt']])
    assert.lengthOf((await at.deputy('history', thread, '--branches')).stdout.trimEnd().split('\n'), 1)

    const kept = await at.deputy(...back, '--on-conflict', 'keep')
    assert.deepEqual([kept.code, at.stamps()], [0, ['by hand']])
    assert.include(kept.stderr, 'left as somebody has made them since:\n  stamped.txt  changed\n')
    assert.equal((await at.deputy('undo', thread, '--keep-files', ...WITH)).code, 0)
    assert.deepEqual(at.stamps(), ['by hand'])
    assert.equal((await at.deputy(...back, '--keep-files')).code, 0)
    assert.deepEqual(at.stamps(), ['by hand'])
    await writeFile(join(at.dir, 'stamped.txt'), 'by hand again\n')
    assert.equal((await at.deputy(...back, '--on-conflict', 'overwrite')).code, 0)
    assert.deepEqual(at.stamps(), ['one'])
  })

  it('says why files could not be taken back, and takes the conversation back', async () => {
    const at = await place()
    const { thread, first } = await stampedTwice(at)
    await rm(at.snapshots, { recursive: true })
    const { code, stdout, stderr } = await at.deputy('rewind', thread, '--checkpoint', first, ...WITH)
    assert.equal(code, 0)
    assert.match(stderr, /^the files in \S+ are left as they are: UNKNOWN_SNAPSHOT: /)
    assert.deepEqual(at.stamps(), ['one', 'two'])
    const [head] = await listed(at, stdout.trim())
    assert.equal(head!.checkpointId, first)
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
    const lines = (await at.deputy('threads')).stdout.trimEnd().split('\n')
    assert.lengthOf(lines, 2)
    assert.match(lines[0]!, new RegExp(`^${fresh}  completed .* say one$`))
    assert.match(lines[1]!, new RegExp(`^${thread}  completed .* say one; it was rewound, ${fresh} took its place$`))
    const threads = JSON.parse((await at.deputy('threads', '--json')).stdout) as { replacedBy: string | null }[]
    assert.deepEqual(
      threads.map(({ replacedBy }) => replacedBy),
      [null, fresh]
    )
    const branches = (await at.deputy('history', fresh, '--branches')).stdout.trimEnd().split('\n')
    assert.lengthOf(branches, 2)
    assert.include(branches[0]!, `${fresh} took its place`)
    const whole = await at.deputy('diff', fresh, 'none', ...WITH)
    assert.deepEqual([whole.code, whole.stderr.split(': ')[1]], [2, 'UNKNOWN_CHECKPOINT'])
    const again = await at.deputy('rewind', fresh, '--at', new Date().toISOString(), '--json', ...WITH)
    const { thread: rewound } = JSON.parse(again.stdout) as Extract<Rewound, { status: 'rewound' }>
    assert.equal(rewound.status, 'completed')
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
      ['rewind', thread, '--at', '1h', '--on-conflict', 'mine'],
      ['rewind', thread, '--at', '1h', '--on-conflict', 'keep', '--keep-files'],
      ['undo'],
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
