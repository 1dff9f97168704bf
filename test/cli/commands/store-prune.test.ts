import { assert, describe, it } from 'vitest'
import type { HistoryEntry } from '../../../runtime/history/list.ts'
import type { PruneReport } from '../../../runtime/retention/prune.ts'
import { AGENTS, idAfter, place } from '../deputy.ts'

const WITH = ['--agents', AGENTS] as const

describe.concurrent('pruning at the terminal', { timeout: 120_000 }, () => {
  it('lets checkpoints go but the newest of each thread, and says first what would go', async () => {
    const { deputy } = await place()
    const thread = idAfter('thread', (await deputy('run', ...WITH, '--agent', 'lead', '--yes', 'stamp a')).stdout)
    const listed = async () =>
      JSON.parse((await deputy('history', thread, '--tree', '--json')).stdout) as HistoryEntry[]
    const before = await listed()
    const told = await deputy('store', 'prune', '--keep', '1', '--dry-run')
    assert.match(told.stdout, /^would go: 0 trees, .*\nstay, at least in part: 1 \(touched since\)\n$/)
    assert.deepEqual(await listed(), before)
    const report = JSON.parse((await deputy('store', 'prune', '--keep', '1', '--json')).stdout) as PruneReport
    const after = await listed()
    assert.equal(report.checkpoints, before.length - after.length)
    assert.isAbove(report.checkpoints, 0)
    const newest = before.filter(
      (entry, nth) => before.findIndex(({ threadId }) => threadId === entry.threadId) === nth
    )
    assert.includeDeepMembers(after, newest)
  })

  it('lets a branch go that was left, and not the one in its place', async () => {
    const { deputy } = await place()
    const thread = idAfter('thread', (await deputy('run', ...WITH, '--agent', 'clerk', 'say one')).stdout)
    const rewound = await deputy('rewind', thread, '--at', '2100-01-01', ...WITH)
    assert.equal(rewound.code, 0, rewound.stderr)
    const fresh = rewound.stdout.trim()
    const { code, stdout } = await deputy('store', 'prune', '--abandoned')
    assert.equal(code, 0)
    assert.match(stdout, /^gone: 1 trees, 1 threads, /)
    const left = JSON.parse((await deputy('threads', '--json')).stdout) as { threadId: string }[]
    assert.deepEqual(
      left.map(({ threadId }) => threadId),
      [fresh]
    )
  })

  it('wants to be told what goes', async () => {
    const { deputy } = await place()
    const { code, stderr } = await deputy('store', 'prune')
    assert.deepEqual([code, stderr.split(': ')[1]], [2, 'BAD_ARGUMENTS'])
    assert.equal((await deputy('store', 'prune', '--older-than', 'long')).code, 2)
  })
})
