import assert from 'node:assert/strict'
import { chmod, mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import type { HookInput } from '../../../state/hooks.ts'
import { declaredHooks, loadHooks } from '../../../tools/hooks/declared-hooks.ts'
import { tempWorkspace } from '../../support/temp-workspace.ts'

const find = () => ({ reason: 'none in this test' })
const declared = (...hooks: object[]) => JSON.stringify({ hooks })
const CHECK = { name: 'check', on: 'beforeTool', command: ['/bin/sh', '.deputy/hooks/check.sh'] }

/** A workspace, and a home beside it with the person's own hooks. */
async function place({ project, global, script = 'exit 0' }: { project?: string; global?: string; script?: string }) {
  const workspace = await tempWorkspace({
    ...(project !== undefined && { '.deputy/hooks.json': project }),
    '.deputy/hooks/check.sh': script
  })
  const env = { XDG_CONFIG_HOME: join(workspace.outside, 'config'), XDG_STATE_HOME: join(workspace.outside, 'state') }
  await mkdir(join(env.XDG_CONFIG_HOME, 'deputy'), { recursive: true })
  if (global !== undefined) await writeFile(join(env.XDG_CONFIG_HOME, 'deputy/hooks.json'), global)
  const where = { workspace: workspace.root, env, find }
  return {
    ...workspace,
    where,
    async trust(as: 'trusted' | 'ignored' = 'trusted') {
      const { project, trust } = await declaredHooks(where)
      await trust.set({ workspace: project!.workspace, hash: project!.hash, as })
    }
  }
}

const input = { on: 'beforeTool', tool: 'write', toolCallId: 'c', args: {}, at: 0 } as unknown as HookInput
const NEVER = new AbortController().signal

describe('the hooks of a person', () => {
  it('run without being asked about, and come first', async () => {
    const { where, trust } = await place({
      global: declared({ ...CHECK, name: 'mine', command: ['./mine.sh'] }),
      project: declared(CHECK)
    })
    await trust()
    const hooks = await loadHooks(where)
    assert.deepEqual(
      hooks.map(({ name, layer, failure }) => [name, layer, failure]),
      [
        ['mine', 'global', 'closed'],
        ['check', 'project', 'closed']
      ]
    )
  })

  it('are found beside the file that declares them, and work in the workspace', async () => {
    const { where, root } = await place({ global: declared({ ...CHECK, command: ['./mine.sh'] }) })
    const script = join(where.env.XDG_CONFIG_HOME, 'deputy/mine.sh')
    await writeFile(script, '#!/bin/sh\npwd >&2\nexit 2\n')
    await chmod(script, 0o755)
    const [hook] = await loadHooks(where)
    assert.deepEqual(await hook!.run({ ...input, workspace: root }, NEVER), { verdict: 'deny', reason: root })
  })
})

describe('the hooks of a workspace', () => {
  it('do not run before somebody trusts them', async () => {
    const { where } = await place({ project: declared(CHECK) })
    await assert.rejects(loadHooks(where), { code: 'HOOKS_UNTRUSTED' })
  })

  it('are asked about once', async () => {
    const { where, trust } = await place({ project: declared(CHECK) })
    await trust()
    for (const _ of [1, 2]) assert.equal((await loadHooks(where)).length, 1)
  })

  it('can be ignored, each content for itself', async () => {
    const { where, trust, path } = await place({ project: declared(CHECK) })
    await trust('ignored')
    assert.deepEqual(await loadHooks(where), [])
    await writeFile(path('.deputy/hooks/check.sh'), 'exit 2')
    await assert.rejects(loadHooks(where), { code: 'HOOKS_UNTRUSTED' })
  })

  it('are asked about again when anything of them has changed, under the same name too', async () => {
    const { where, trust, path, root } = await place({
      project: declared({ ...CHECK, command: ['/bin/sh', 'tool.sh'] })
    })
    await writeFile(path('tool.sh'), 'exit 0')
    const changes: [string, () => Promise<unknown>][] = [
      [
        'the command',
        () => writeFile(path('.deputy/hooks.json'), declared({ ...CHECK, command: ['/bin/sh', 'tool.sh', 'x'] }))
      ],
      ['a file that it names', () => writeFile(path('tool.sh'), 'exit 2')],
      ['a file beside it', () => writeFile(path('.deputy/hooks/new.sh'), '')],
      ['who may run it', () => chmod(path('tool.sh'), 0o755)],
      ['a link in its place', () => rm(path('tool.sh')).then(() => symlink('/bin/true', path('tool.sh')))]
    ]
    for (const [what, change] of changes) {
      await trust()
      assert.equal((await loadHooks(where)).length, 1)
      await change()
      await assert.rejects(loadHooks(where), { code: 'HOOKS_UNTRUSTED' }, what)
    }
    assert.ok(root)
  })

  it('are trusted for their workspace alone', async () => {
    const one = await place({ project: declared(CHECK) })
    const other = await place({ project: declared(CHECK) })
    await one.trust()
    await assert.rejects(loadHooks({ ...other.where, env: one.where.env }), { code: 'HOOKS_UNTRUSTED' })
  })

  it('fail where they were changed while the process runs', async () => {
    const { where, trust, path, root } = await place({ project: declared(CHECK), script: 'exit 2' })
    await trust()
    const [hook] = await loadHooks(where)
    assert.deepEqual(await hook!.run({ ...input, workspace: root }, NEVER), { verdict: 'deny' })
    await writeFile(path('.deputy/hooks/check.sh'), 'exit 0')
    await assert.rejects(hook!.run({ ...input, workspace: root }, NEVER), { code: 'HOOKS_UNTRUSTED' })
  })

  it('run what was trusted, also for a thread with another workspace', async () => {
    const { where, trust } = await place({ project: declared(CHECK), script: 'echo trusted >&2; exit 2' })
    await trust()
    const [hook] = await loadHooks(where)
    const other = await tempWorkspace({ '.deputy/hooks/check.sh': 'echo other >&2; exit 2' })
    assert.deepEqual(await hook!.run({ ...input, workspace: other.root }, NEVER), {
      verdict: 'deny',
      reason: 'trusted'
    })
  })

  it('list the files that are trusted with them', async () => {
    const { where } = await place({ project: declared(CHECK) })
    const { project } = await declaredHooks(where)
    assert.deepEqual(project?.files, ['.deputy/hooks.json', '.deputy/hooks/check.sh'])
    assert.equal(project?.standing, undefined)
  })
})

describe('a file of hooks that is not right', () => {
  const cases: [string, string, RegExp][] = [
    ['no JSON', '{\n  "hooks": [\n    nonsense\n  ]\n}', /hooks\.json:3: /],
    ['cut off', '{\n  "hooks": [', /hooks\.json:2: /],
    [
      'an unknown point',
      '{ "hooks": [\n{ "name": "a", "command": ["x"],\n  "on": "beforeEverything" }] }',
      /hooks\.json:3: hooks\[0\]\.on: /
    ],
    [
      'an unknown field',
      '{ "hooks": [\n{ "name": "a",\n "on": "beforeTool",\n "comand": ["x"], "command": ["x"] }] }',
      /hooks\.json:4: hooks\[0\]\.comand: /
    ],
    [
      'a missing field',
      '{ "hooks": [\n\n{ "name": "a", "on": "beforeTool" }] }',
      /hooks\.json:3: hooks\[0\]\.command: /
    ],
    ['a shell line', '{ "hooks": [{ "name": "a", "on": "beforeTool",\n "command": "rm -rf x" }] }', /hooks\.json:2: /],
    [
      'one name twice',
      `{ "hooks": [${JSON.stringify(CHECK)},\n${JSON.stringify(CHECK)}] }`,
      /hooks\.json:2: .*two hooks have the name check/
    ],
    ['a list', '[]', /hooks\.json:1: /]
  ]
  it.each(cases)('is refused whole, with file and line: %s', async (_, text, words) => {
    for (const given of [{ project: text }, { global: text }]) {
      const { where } = await place(given)
      await assert.rejects(loadHooks(where), (error: Error & { code: string }) => {
        assert.equal(error.code, 'BAD_HOOKS')
        assert.match(error.message, words)
        return true
      })
    }
  })

  it('is one of a project that wants what only a person may give', async () => {
    for (const wish of [{ sandbox: 'off' }, { env: ['TOKEN'] }, { hosts: ['a.org'] }, { readable: ['/'] }]) {
      const { where } = await place({ project: declared({ ...CHECK, ...wish }) })
      await assert.rejects(loadHooks(where), { code: 'BAD_HOOKS' })
      const mine = await place({ global: declared({ ...CHECK, ...wish }) })
      assert.equal((await loadHooks(mine.where)).length, 1)
    }
  })

  it('is one that cannot be read, or the list of trusted ones that is none', async () => {
    const { where, path } = await place({ project: declared(CHECK) })
    await rm(path('.deputy/hooks.json'))
    await mkdir(path('.deputy/hooks.json'))
    await assert.rejects(loadHooks(where), { code: 'BAD_HOOKS' })
    const { where: other } = await place({ project: declared(CHECK) })
    await mkdir(join(other.env.XDG_STATE_HOME, 'deputy'), { recursive: true })
    await writeFile(join(other.env.XDG_STATE_HOME, 'deputy/trusted-hooks.json'), '{"x": 1}')
    await assert.rejects(loadHooks(other), { code: 'BAD_HOOKS' })
  })
})
