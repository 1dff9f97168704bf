import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type PolicySources, policyFrom } from '../../prebuilt/policy.ts'
import type { LayerName, Policy } from '../../state/policy.ts'
import { strictestOf } from '../../tools/policies.ts'
import { tempDir } from '../support/temp-dir.ts'

/** A person's own policy and that of a project, where there are such, and what they come to. */
async function place({ own, project }: { own?: string | Buffer; project?: string | Buffer }) {
  const base = await tempDir()
  const [config, workspace] = [join(base, 'config'), join(base, 'app')]
  await mkdir(join(config, 'deputy'), { recursive: true })
  await mkdir(join(workspace, '.deputy'), { recursive: true })
  const files = { own: join(config, 'deputy/policy'), project: join(workspace, '.deputy/policy') }
  if (own !== undefined) await writeFile(files.own, own)
  if (project !== undefined) await writeFile(files.project, project)
  const policy = (more: Partial<PolicySources> = {}) =>
    policyFrom({ workspace, env: { XDG_CONFIG_HOME: config }, ...more })
  return {
    base,
    files,
    workspace,
    policy,
    async verdict(name: string, args: Record<string, unknown>, more: Partial<PolicySources> = {}) {
      const kinds = { command: 'command', path: 'path' } as const
      return strictestOf([[]], { name, args, kinds }, { policy: await policy(more), workspace }).kind
    }
  }
}

const ruled = async (layers: ReturnType<typeof policyFrom>, name: LayerName) =>
  (await layers).find((layer) => layer.name === name)!.remit.filter(({ at }) => at)

const strictestWith = (policy: Policy, args: Record<string, unknown>, workspace: string) =>
  strictestOf([[]], { name: 'write', args, kinds: { path: 'path' } }, { policy, workspace, untrusted: 'the web' }).kind

describe('a policy', () => {
  it('is what the person, the project, a profile and this one time say', async () => {
    const { verdict } = await place({ own: 'allow shell command "git *"', project: 'deny shell command "git push *"' })
    const git = (words: string) => verdict('shell', { command: `git ${words}` })
    expect([await git('status'), await git('push'), await git('log && git push')]).toEqual(['allow', 'deny', 'deny'])
    const rules = ['ask shell command "git log *"']
    expect(await verdict('shell', { command: 'git log' }, { rules })).toBe('ask')
    expect(await verdict('write', { path: 'a' }, { profile: 'edits' })).toBe('allow')
    expect(await verdict('shell', { command: 'git log' }, { profile: 'plan' })).toBe('deny')
  })

  it('says nothing where there are no files', async () => {
    const { verdict } = await place({})
    expect(await verdict('read', { path: 'a' })).toBe('ask')
    expect((await policyFrom({ env: { XDG_CONFIG_HOME: '/nowhere' } })).map(({ name }) => name)).toHaveLength(4)
  })

  it('of a project allows nothing, unless the person trusts it', async () => {
    const project = 'allow shell\nask read path "a"'
    const distrusted = await place({ project, own: 'allow read' })
    expect(await distrusted.verdict('shell', { command: 'ls' })).toBe('ask')
    expect(await distrusted.verdict('read', { path: 'a' })).toBe('ask')
    const { files, verdict, workspace, base } = await place({ project })
    await writeFile(files.own, `trust "${workspace}-other"`)
    expect(await verdict('shell', { command: 'ls' })).toBe('ask')
    for (const directory of [workspace, base]) {
      await writeFile(files.own, `trust "${directory}"`)
      expect(await verdict('shell', { command: 'ls' })).toBe('allow')
    }
    await symlink(base, join(base, 'link'))
    await writeFile(files.own, `trust "${base}/link"`)
    expect(await verdict('shell', { command: 'ls' })).toBe('allow')
  })

  it('is not changed by an agent that nobody has asked', async () => {
    const { verdict, files } = await place({ own: 'allow *' })
    expect(await verdict('write', { path: 'a' })).toBe('allow')
    for (const path of ['.deputy/policy', './.deputy/policy', '.Deputy/policy', files.own])
      expect(await verdict('write', { path })).toBe('ask')
    for (const command of [
      'echo "allow *" > .deputy/policy',
      'rm .deputy/policy',
      `cp x ${files.own}`,
      'rm -r .deputy'
    ])
      expect(await verdict('shell', { command })).toBe('ask')
    expect(await verdict('shell', { command: 'rm a' })).toBe('allow')
  })

  it('names file and line of every rule', async () => {
    const { policy, files } = await place({ own: '\nallow read', project: 'deny *' })
    expect(await ruled(policy(), 'global')).toMatchObject([{ at: { file: files.own, line: 2 } }])
    expect(await ruled(policy(), 'project')).toMatchObject([{ at: { file: files.project, line: 1 } }])
  })

  it.each(['own', 'project'] as const)('is refused whole where the file of the %s is malformed', async (which) => {
    const { policy, files } = await place({ own: 'deny shell', project: 'deny write' })
    const wrongs: [string | Buffer, RegExp][] = [
      ['deny shell\nalow read', /policy:2:1: /],
      ['{"deny": "shell"}', /policy:1:1: /],
      [Buffer.from([0x61, 0xff]), /is not in UTF-8/],
      ['#'.repeat(1_100_000), /more than/]
    ]
    for (const [text, message] of wrongs) {
      await writeFile(files[which], text)
      await expect(policy()).rejects.toMatchObject({ code: 'BAD_POLICY', message: expect.stringMatching(message) })
    }
  })

  it('is refused where a file is there and cannot be read', async () => {
    const { policy, files } = await place({})
    await mkdir(files.project)
    await expect(policy()).rejects.toMatchObject({ code: 'BAD_POLICY' })
    const dangling = await place({})
    await symlink(join(dangling.base, 'nowhere'), dangling.files.project)
    await expect(dangling.policy()).rejects.toMatchObject({ code: 'BAD_POLICY' })
  })

  it('is refused where a project says that it is to be trusted', async () => {
    const { policy } = await place({ project: 'trust "/"' })
    await expect(policy()).rejects.toMatchObject({
      code: 'BAD_POLICY',
      message: expect.stringContaining('cannot trust itself')
    })
  })

  it('holds after text of strangers was read where the person says so, and never where a project does', async () => {
    const bold = 'allow write path "notes/**" even untrusted'
    const { policy, files, workspace } = await place({ own: `trust "/"\n${bold}` })
    const said = { name: 'global', remit: [{ evenUntrusted: true }] }
    expect(
      (await policy({ rules: [bold] })).filter(({ remit }) => remit.some((rule) => rule.evenUntrusted))
    ).toMatchObject([said, { ...said, name: 'session' }])
    expect(await strictestWith(await policy(), { path: 'notes/a' }, workspace)).toBe('allow')
    expect(await strictestWith(await policy(), { path: 'a' }, workspace)).toBe('ask')
    await writeFile(files.project, `\n${bold}`)
    await expect(policy()).rejects.toMatchObject({
      code: 'BAD_POLICY',
      message: expect.stringContaining("policy:2: even untrusted is for the person's own file")
    })
  })

  it('is refused where a rule of this one time is none', async () => {
    const { policy } = await place({})
    for (const rule of ['', 'allow', 'trust "/"', 'allow read\ndeny *'])
      await expect(policy({ rules: [rule] })).rejects.toMatchObject({ code: 'BAD_POLICY' })
  })
})
