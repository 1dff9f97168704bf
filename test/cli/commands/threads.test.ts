import { assert, describe, it } from 'vitest'
import { openStore } from '../../../checkpointers/open.ts'
import type { ThreadRecord } from '../../../state/threads.ts'
import { AGENTS, idAfter, place } from '../deputy.ts'

const WITH = ['--agents', AGENTS] as const

interface Shown {
  transcript: { role: string; text: string }[]
  checkpoints: { checkpointId: string; next: string[] }[]
  subtree: { thread: { threadId: string; path: string; status: string } }[]
}

describe.concurrent('threads', { timeout: 120_000 }, () => {
  it('of an empty store are none', async () => {
    const { deputy } = await place()
    assert.deepEqual(await deputy('threads'), { code: 0, stdout: 'no threads in this store\n', stderr: '' })
    assert.equal((await deputy('threads', '--json')).stdout, '[]\n')
    assert.equal((await deputy('asks')).stdout, 'nothing waits for a decision\n')
  })

  it('are listed with status, agent and task, the last touched first', async () => {
    const { deputy } = await place({ DEPUTY_STORE: 'sqlite:elsewhere.db' })
    const done = idAfter('thread', (await deputy('run', ...WITH, '--agent', 'clerk', 'say one')).stdout)
    const asking = idAfter('thread', (await deputy('run', ...WITH, '--agent', 'clerk', 'stamp a')).stdout)
    const { stdout } = await deputy('threads')
    assert.match(stdout, new RegExp(`^${asking} {2}asking .* clerk .* stamp a\n${done} {2}completed .* say one\n$`))
    assert.lengthOf(JSON.parse((await deputy('threads', '--json', '--limit', '1')).stdout) as unknown[], 1)
    assert.equal((await deputy('threads', '--store', 'sqlite:other.db')).stdout, 'no threads in this store\n')
  })

  it('are shown whole: words, tree, asks, checkpoints', async () => {
    const { deputy } = await place()
    const thread = idAfter('thread', (await deputy('run', ...WITH, '--agent', 'lead', 'stamp a; say two')).stdout)
    const { code, stdout, stderr } = await deputy('show', thread, ...WITH)
    assert.equal(code, 0, stderr)
    assert.include(
      stdout,
      `lead  asking  ${thread}\n\ntask\nstamp a; say two\n\nlead\n→ delegate agent=clerk task=stamp a\n`
    )
    assert.match(stdout, /\nTree\n\? lead .*tok\n├─ \? clerk {2}asks: stamp a .*\n└─ ✓ clerk {2}completed/)
    assert.match(stdout, /1 ask waits for a decision[\s\S]*deputy answer [0-9a-f-]{36} approve --agents/)
    assert.match(stdout, /\nCheckpoints, newest first\n[0-9a-f-]{36} +\d+ +→ /)
    const shown = JSON.parse((await deputy('show', thread, '--json', ...WITH)).stdout) as Shown
    assert.deepEqual(
      shown.transcript.slice(0, 2).map(({ role }) => role),
      ['person', 'agent']
    )
    const [child] = shown.subtree.slice(1)
    const { stdout: below } = await deputy('show', child!.thread.threadId.slice(0, 10), ...WITH)
    const toChild = await deputy('run', '--thread', child!.thread.threadId, ...WITH, 'say three')
    assert.equal(toChild.code, 2)
    assert.include(toChild.stderr, `a task is given to its root, ${thread}`)
    assert.include(below, `lead/clerk  asking  ${child!.thread.threadId}`)
  })

  it('are cancelled with all below them, and what they ask is withdrawn', async () => {
    const { deputy } = await place()
    const { stdout } = await deputy('run', ...WITH, '--agent', 'lead', 'stamp a; stamp b')
    const thread = idAfter('thread', stdout)
    const ask = idAfter('deputy answer', stdout)
    assert.deepEqual(await deputy('cancel', thread), { code: 0, stdout: `cancelled ${thread}\n`, stderr: '' })
    assert.equal((await deputy('asks')).stdout, 'nothing waits for a decision\n')
    const late = await deputy('answer', ask, 'approve', ...WITH)
    assert.equal(late.code, 2)
    assert.match(late.stderr, /^deputy: ASK_STALE: /)
    const resumed = await deputy('resume', thread, ...WITH)
    assert.equal(resumed.code, 4)
    assert.match(resumed.stderr, /^deputy: RUN_CANCELLED: /)
  })

  it('that have ended are not cancelled any more', async () => {
    const { deputy } = await place()
    const thread = idAfter('thread', (await deputy('run', ...WITH, '--agent', 'clerk', 'say one')).stdout)
    assert.equal((await deputy('cancel', thread)).stdout, `${thread} had ended already: completed\n`)
  })

  it('are not told apart by too little of their ids', async () => {
    const { dir, deputy } = await place()
    const ids = ['abc1', 'abc2', 'abd3'].map((begin) => `${begin}0000-0000-4000-8000-000000000000`)
    const store = await openStore(`sqlite:${dir}/.deputy/deputy.db`)
    for (const threadId of ids) await store.journal.saveThread(aThread(threadId))
    await store.close()
    for (const command of ['show', 'resume', 'cancel', 'asks']) {
      const { code, stderr } = await deputy(command, 'abc')
      assert.equal(code, 2)
      assert.equal(
        stderr,
        `deputy: BAD_ARGUMENTS: "abc" may be any of 2 threads; write more of it:\n  ${ids[0]}\n  ${ids[1]}\n`
      )
    }
    assert.equal((await deputy('cancel', 'abd')).stdout, `cancelled ${ids[2]}\n`)
  })
})

function aThread(threadId: string): ThreadRecord {
  const place = { rootThreadId: threadId, parentThreadId: null, principal: null, taskId: null, workspace: null }
  const task = { agent: 'team', path: 'team', task: 'x', background: false, policy: null }
  return { threadId, ...place, ...task, status: 'paused', createdAt: 0, updatedAt: 0 }
}
