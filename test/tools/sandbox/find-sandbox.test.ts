import assert from 'node:assert/strict'
import { chmod } from 'node:fs/promises'
import { delimiter } from 'node:path'
import { describe, it } from 'vitest'
import { findPrograms } from '../../../tools/sandbox/find-sandbox.ts'
import { sandboxing } from '../../../tools/sandbox/sandbox.ts'
import { tempWorkspace } from '../../support/temp-workspace.ts'

/** A directory with programs in it. */
async function programs(scripts: Record<string, string>): Promise<string> {
  const { root, path } = await tempWorkspace(scripts)
  for (const name of Object.keys(scripts)) await chmod(path(name), 0o755)
  return root
}

describe('a machine', () => {
  it('of another kind has no sandbox', () => {
    assert.deepEqual(findPrograms({ platform: 'darwin' }), { reason: 'there is no sandbox for darwin' })
  })

  it('without the programs has none', async () => {
    assert.deepEqual(findPrograms({ directories: [await programs({})] }), { reason: 'bubblewrap is not installed' })
    const some = await programs({ bwrap: '#!/bin/sh\n' })
    assert.deepEqual(findPrograms({ directories: [some] }), { reason: 'prlimit is not installed' })
  })

  it('that has the program and may make no namespaces has none, and says why', async () => {
    const refusing = '#!/bin/sh\necho "bwrap: No permissions to create new namespace" >&2\nexit 1\n'
    const directory = await programs({ bwrap: refusing, prlimit: '#!/bin/sh\n' })
    assert.deepEqual(findPrograms({ directories: [directory] }), {
      reason: 'bubblewrap can make no sandbox here: bwrap: No permissions to create new namespace'
    })
  })

  it('is not asked what a workspace put into PATH', async () => {
    const planted = await programs({ bwrap: '#!/bin/sh\ntouch /tmp/planted-bwrap\n' })
    const path = process.env.PATH
    process.env.PATH = [planted, path].join(delimiter)
    try {
      const found = findPrograms()
      assert.ok('reason' in found || !found.programs.bwrap.startsWith(planted))
    } finally {
      process.env.PATH = path
    }
  })
})

describe('without a sandbox', () => {
  const find = () => ({ reason: 'bubblewrap is not installed' })

  it('`auto` runs without, and says so', () => {
    const auto = sandboxing({ find })
    assert.deepEqual(auto.confinement(), { sandboxed: false, reason: 'bubblewrap is not installed' })
    assert.equal(auto.sandbox(), undefined)
  })

  it('`require` runs nothing', () => {
    assert.throws(() => sandboxing({ mode: 'require', find }).sandbox(), { code: 'SANDBOX_MISSING' })
  })

  it('`off` does not look for one', () => {
    const off = sandboxing({ mode: 'off', find: () => assert.fail() })
    assert.deepEqual(off.confinement(), { sandboxed: false, reason: 'the sandbox is switched off' })
    assert.equal(off.sandbox(), undefined)
  })
})

describe('with one', () => {
  it('the whole file system is no workspace', async () => {
    const confining = sandboxing({
      find: () => ({ programs: { bwrap: '/usr/bin/bwrap', prlimit: '/usr/bin/prlimit' } })
    })
    const command = { argv: ['true'] as const, env: {}, workspace: '/', cwd: '/' }
    await assert.rejects(confining.sandbox()!.confine(command), { code: 'SANDBOX_MISSING' })
  })
})
