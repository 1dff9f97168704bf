import { mkdir, rename, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { assert, describe, it } from 'vitest'
import { loadSkills } from '../../../tools/skills/load.ts'
import { skillTool } from '../../../tools/skills/skill-tool.ts'
import { tempWorkspace } from '../../support/temp-workspace.ts'

const skill = (name: string, body = `How ${name} goes.`, description = `For ${name}.`) =>
  `---\nname: ${name}\ndescription: ${description}\n---\n\n${body}\n`

describe('skills', () => {
  it('are listed by name in one order, whatever their folders are called, the earlier folder first', async () => {
    const { path, root } = await tempWorkspace({
      'own/a/SKILL.md': skill('zip'),
      'own/b/SKILL.md': skill('brew'),
      'own/notes.md': 'no skill',
      'own/empty/readme': 'no skill',
      'others/c/SKILL.md': skill('brew', 'another way'),
      'others/d/SKILL.md': skill('ant')
    })
    const { list, problems } = await loadSkills([path('own'), path('others')])
    assert.deepEqual(
      list.map(({ name, description }) => `${name}: ${description}`),
      ['ant: For ant.', 'brew: For brew.', 'zip: For zip.']
    )
    assert.deepEqual(problems, [
      { path: path('others/c/SKILL.md'), reason: `${join(root, 'own/b')} has the name "brew" already` }
    ])
    const { description } = skillTool({ list })
    assert.match(description, /- ant: For ant\.\n- brew: For brew\.\n- zip: For zip\.$/)
    await rename(path('own/a'), path('own/zz'))
    assert.equal(skillTool(await loadSkills([path('own'), path('others')])).description, description)
  })

  it('tell how they go when they are asked for, and then file by file', async () => {
    const { call, path } = await tempWorkspace({
      's/brew/SKILL.md': skill('brew', '# Brewing\nSee times.md.'),
      's/brew/times.md': 'Five minutes.',
      's/brew/data/table.csv': '1,2'
    })
    const tool = skillTool(await loadSkills([path('s')]))
    assert.notInclude(tool.description, 'Brewing')
    const said = await call(tool, { name: 'brew' })
    assert.equal(said, '# Brewing\nSee times.md.\n\n[files of this skill: data/table.csv, times.md]')
    assert.equal(await call(tool, { name: 'brew', file: 'times.md' }), 'Five minutes.')
  })

  it('read descriptions in quotes and over several lines', async () => {
    const head = (lines: string) => `---\r\nname: x\r\n${lines}\r\nlicense: MIT\r\n---\r\nbody`
    for (const [lines, description] of [
      ['description: "It says \\"go\\": at once"', 'It says "go": at once'],
      ["description: 'it''s quoted'", "it's quoted"],
      ['description: >\r\n  one\r\n  two', 'one two'],
      ['description: |-\r\n  one\r\n\r\n  two', 'one two'],
      ['description: plain # a remark', 'plain']
    ] as const) {
      const { path } = await tempWorkspace({ 's/x/SKILL.md': head(lines) })
      const { list, problems } = await loadSkills([path('s')])
      assert.deepEqual([list[0]?.description, problems], [description, []])
    }
  })
})

describe('a hostile folder', () => {
  it('keeps no good skill from being loaded, and each bad one is named with what is wrong', async () => {
    const { path, outside } = await tempWorkspace({
      's/good/SKILL.md': skill('good'),
      's/headless/SKILL.md': 'no head',
      's/endless/SKILL.md': '---\nname: endless\n',
      's/unkeyed/SKILL.md': '---\nname: x\nwhat\n---\n',
      's/twice/SKILL.md': '---\nname: x\nname: y\n---\n',
      's/named/SKILL.md': skill('../../etc'),
      's/silent/SKILL.md': skill('silent', '', ''),
      's/wordy/SKILL.md': skill('wordy', '', 'x'.repeat(2000)),
      's/huge/SKILL.md': skill('huge', 'x'.repeat(100_000)),
      's/binary/SKILL.md': Buffer.from([0, 1, 2])
    })
    await writeFile(join(outside, 'SKILL.md'), skill('outside'))
    await symlink(outside, path('s/linked'))
    await mkdir(path('s/away'))
    await symlink(join(outside, 'SKILL.md'), path('s/away/SKILL.md'))
    await mkdir(path('s/folder/SKILL.md'), { recursive: true })
    await symlink('round', path('s/round'))
    const { list, problems } = await loadSkills([path('s'), path('none')])
    assert.deepEqual(
      list.map(({ name }) => name),
      ['good']
    )
    const reasons = Object.fromEntries(problems.map(({ path: at, reason }) => [at.slice(path('').length + 1), reason]))
    assert.match(reasons['s/headless/SKILL.md']!, /line 1: the file does not begin with ---/)
    assert.match(reasons['s/endless/SKILL.md']!, /no end/)
    assert.match(reasons['s/unkeyed/SKILL.md']!, /line 3/)
    assert.match(reasons['s/twice/SKILL.md']!, /line 3: "name" comes twice/)
    assert.match(reasons['s/named/SKILL.md']!, /is "\.\.\/\.\.\/etc"/)
    assert.match(reasons['s/silent/SKILL.md']!, /no description/)
    assert.match(reasons['s/wordy/SKILL.md']!, /more than 1024 characters/)
    assert.match(reasons['s/huge/SKILL.md']!, /more than 65536 bytes/)
    assert.match(reasons['s/binary/SKILL.md']!, /no text file: binary/)
    assert.match(reasons['s/linked/SKILL.md']!, /leads out/)
    assert.match(reasons['s/away/SKILL.md']!, /leads out/)
    assert.match(reasons['s/folder/SKILL.md']!, /directory/)
    assert.match(reasons['s/round/SKILL.md']!, /cannot be followed/)
    assert.match(reasons.none!, /ENOENT/)
    assert.lengthOf(problems, 14)
  })

  it('gives nothing that lies outside of the skill, or that came to lie there later', async () => {
    const { call, path, outside } = await tempWorkspace({ 's/a/SKILL.md': skill('a'), 's/b/SKILL.md': skill('b') })
    await writeFile(join(outside, 'key'), 'secret')
    const tool = skillTool(await loadSkills([path('s')]))
    await symlink(join(outside, 'key'), path('s/a/link'))
    for (const file of ['../b/SKILL.md', '../../../app-secrets/key', 'link', join(outside, 'key')])
      await call(tool, { name: 'a', file }).then(
        (said) => assert.fail(`it gave ${said}`),
        (error) => assert.equal(error.code, 'WORKSPACE_ESCAPE')
      )
    const unknown = await call(tool, { name: 'aa' }).catch((error: Error) => error.message)
    assert.match(String(unknown), /there is no skill "aa"; the nearest: a, b/)
  })
})
