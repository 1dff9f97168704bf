import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { assert, describe, it } from 'vitest'
import { openStore } from '../../../checkpointers/open.ts'
import { AGENTS, gathered, idAfter, type Place, place, until } from '../deputy.ts'

const WITH = ['--agents', AGENTS] as const

interface Shown {
  thread: { threadId: string; status: string }
  checkpoints: { checkpointId: string; next: string[] }[]
}

const shown = async ({ deputy }: Place, thread: string) =>
  JSON.parse((await deputy('show', thread, '--json', ...WITH)).stdout) as Shown

describe.concurrent('time travel', { timeout: 120_000 }, () => {
  it('forks at a checkpoint without running, and the fork can be resumed', async () => {
    const at = await place()
    const thread = idAfter('thread', (await at.deputy('run', ...WITH, '--agent', 'lead', '--yes', 'stamp a')).stdout)
    const before = await shown(at, thread)
    const dispatching = before.checkpoints.find(({ next }) => next[0] === 'dispatch')!
    const forked = await at.deputy('fork', thread.slice(0, 8), '--checkpoint', dispatching.checkpointId, ...WITH)
    assert.equal(forked.code, 0, forked.stderr)
    const fork = forked.stdout.trim()
    assert.match(fork, /^[0-9a-f-]{36}$/)
    assert.deepEqual(at.stamps(), ['a'])
    assert.equal((await shown(at, fork)).thread.status, 'paused')
    assert.equal((await at.deputy('resume', fork, ...WITH, '--yes')).code, 0)
    assert.deepEqual(at.stamps(), ['a', 'a'])
    assert.deepEqual(await shown(at, thread), before)
  })

  it('resumes from a checkpoint as a new thread', async () => {
    const at = await place()
    const thread = idAfter('thread', (await at.deputy('run', ...WITH, '--agent', 'lead', 'say one')).stdout)
    const { checkpoints } = await shown(at, thread)
    const dispatching = checkpoints.find(({ next }) => next[0] === 'dispatch')!
    const { code, stdout } = await at.deputy('resume', thread, '--checkpoint', dispatching.checkpointId, ...WITH)
    assert.equal(code, 0)
    assert.include(stdout, '\nall is done\n')
    assert.notEqual(idAfter('\nthread', stdout), thread)
  })

  it('knows no checkpoint of another thread', async () => {
    const at = await place()
    const thread = idAfter('thread', (await at.deputy('run', ...WITH, '--agent', 'clerk', 'say one')).stdout)
    for (const command of ['resume', 'fork']) {
      const { code, stderr } = await at.deputy(command, thread, '--checkpoint', '00000000-0000', ...WITH)
      assert.equal(code, 2)
      assert.match(stderr, /^deputy: UNKNOWN_CHECKPOINT: /)
    }
  })
})

describe.concurrent('Ctrl-C', { timeout: 120_000 }, () => {
  it('pauses, says how to go on, and the work goes on from there', async () => {
    const at = await place()
    const { child, ended, stdout } = at.start('run', ...WITH, '--agent', 'lead', 'say one; wait go')
    await until(() => existsSync(join(at.dir, 'go.awaited')))
    child.kill('SIGINT')
    const { code } = await ended
    assert.equal(code, 130)
    const thread = idAfter('deputy resume', stdout())
    assert.include(stdout(), `paused; go on with: deputy resume ${thread} --agents ${AGENTS}`)
    assert.equal((await shown(at, thread)).thread.status, 'paused')
    writeFileSync(join(at.dir, 'go'), '')
    const resumed = await at.deputy('resume', thread, ...WITH)
    assert.equal(resumed.code, 0, resumed.stderr)
    assert.include(resumed.stdout, '\nall is done\n')
  })

  it('ends the events of --json with a paused result', async () => {
    const at = await place()
    const { child, ended } = at.start('run', ...WITH, '--agent', 'lead', '--json', 'wait go')
    await until(() => existsSync(join(at.dir, 'go.awaited')))
    child.kill('SIGINT')
    const { code, stdout } = await ended
    assert.equal(code, 130)
    const last = JSON.parse(stdout.trim().split('\n').at(-1)!) as { outcome: { status: string } }
    assert.equal(last.outcome.status, 'paused')
  })

  it('twice ends at once, and what was done is still there', async () => {
    const at = await place()
    const { child, ended, stdout } = at.start('run', ...WITH, '--agent', 'lead', 'wait go')
    await until(() => existsSync(join(at.dir, 'go.awaited')))
    child.kill('SIGINT')
    child.kill('SIGINT')
    assert.equal((await ended).code, 130)
    writeFileSync(join(at.dir, 'go'), '')
    const resumed = await at.deputy('resume', idAfter('thread', stdout()), ...WITH)
    assert.equal(resumed.code, 0, resumed.stderr)
  })

  it('says that it waits for a process that drives the tree, and goes on after it', async () => {
    const at = await place()
    const thread = idAfter('thread', (await at.deputy('run', ...WITH, '--agent', 'clerk', 'say done')).stdout)
    const store = await openStore(`sqlite:${join(at.dir, '.deputy/deputy.db')}`)
    const request = { rootThreadId: thread, holder: 'somebody', now: Date.now(), ttlMs: 600_000 }
    const lease = await store.journal.acquireLease(request)
    const { child, ended } = at.start('resume', thread, ...WITH)
    const said = gathered(child.stderr!)
    await until(() => said().includes('another process drives this tree'))
    await store.journal.releaseLease(lease!)
    await store.close()
    assert.equal((await ended).code, 0)
  })
})
