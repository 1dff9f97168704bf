import assert from 'node:assert/strict'
import { chmod, readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { describe, it, onTestFinished } from 'vitest'
import { codingTools, patchingTools, shell } from '../../../tools/coding/index.ts'
import { checkedEdits } from '../../../tools/diagnostics/checked-edits.ts'
import { commandChecker } from '../../../tools/diagnostics/command-checker.ts'
import { type LspCheckerInit, lspChecker } from '../../../tools/diagnostics/lsp/lsp-checker.ts'
import { type Checker, firstOf } from '../../../tools/diagnostics/problem.ts'
import type { Tool } from '../../../tools/tool.ts'
import { tempWorkspace } from '../../support/temp-workspace.ts'

const LANGUAGE_SERVER = join(process.cwd(), 'node_modules/typescript-language-server/lib/cli.mjs')
const TIMEOUT = 120_000

/** The real one, for TypeScript. */
function typescript(more: Partial<LspCheckerInit> = {}) {
  const checker = lspChecker({
    command: execPath,
    args: [LANGUAGE_SERVER, '--stdio'],
    languages: { '.ts': 'typescript' },
    timeoutMs: TIMEOUT,
    ...more
  })
  onTestFinished(() => checker.close())
  return checker
}

/** A project's own check: every TODO is a problem, and every line of the file `broken` is one of its own. */
const greps = () => commandChecker({ command: `grep -Hn TODO *.ts | sed 's/:TODO/: TODO/'; test ! -e broken` })

function tools(checker: Checker, rollback = false): Record<string, Tool> {
  const all = checkedEdits([...codingTools, ...patchingTools], { checker, rollback })
  return Object.fromEntries(all.map((tool) => [tool.name, tool]))
}

const PROJECT = {
  'tsconfig.json': JSON.stringify({ compilerOptions: { strict: true, noEmit: true, types: [] }, include: ['*.ts'] }),
  'a.ts': 'export const bad: number = "old"\nexport const good = 1\n',
  'b.ts': 'export const other = 2\n'
}

describe('an edit that a language server checks', { timeout: TIMEOUT }, () => {
  it('tells of the problems that it brought, and of no others', async () => {
    const { call } = await tempWorkspace(PROJECT)
    const { edit, multi_edit } = tools(typescript())
    const said = await call(edit!, { path: 'a.ts', old: 'good = 1', new: 'good: string = 1' })
    assert.match(said, /^edited a\.ts \(1 place\)\nNew problems since this edit \(1\):\na\.ts:2: error 2322: /)
    assert.doesNotMatch(said, /a\.ts:1/)
    const mended = [
      { old: 'export const bad', new: '// a line more\nexport const bad' },
      { old: 'good: string = 1', new: 'good = 1' }
    ]
    assert.equal(await call(multi_edit!, { path: 'a.ts', edits: mended }), 'edited a.ts (2 edits)')
  })

  it('is taken back where it brings errors and that is wanted, with all its files and their modes', async () => {
    const { call, path, root } = await tempWorkspace(PROJECT)
    await chmod(path('b.ts'), 0o755)
    const { apply_patch } = tools(typescript(), true)
    const patch = [
      '*** Begin Patch',
      '*** Update File: b.ts',
      '*** Move to: moved.ts',
      '-export const other = 2',
      '+export const other: string = 2',
      '*** Add File: sub/c.ts',
      '+export const c = 3',
      '*** End Patch'
    ].join('\n')
    const error = await call(apply_patch!, { patch }).catch((error: Error) => error.message)
    assert.match(String(error), /was taken back.*\nmoved\.ts:1: error 2322/s)
    assert.equal(await readFile(path('b.ts'), 'utf8'), PROJECT['b.ts'])
    assert.equal((await stat(path('b.ts'))).mode & 0o777, 0o755)
    assert.deepEqual((await readdir(root)).filter((name) => name.endsWith('.ts')).sort(), ['a.ts', 'b.ts'])
  })

  it('is checked again by a server that was started anew after the first one died, once it has waited', async () => {
    const { root, path } = await tempWorkspace({ ...PROJECT, 'dies.ts': '' })
    let now = 0
    // A server that ends by itself when it is asked anything at all.
    const dying = typescript({ args: ['-e', 'process.stdin.once("data", () => process.exit(1))'], now: () => now })
    const check = () => dying.check({ workspace: root, paths: [path('a.ts')], signal: new AbortController().signal })
    const reasons: string[] = []
    for (const at of [0, 500, 1500, 2000, 3600]) {
      now = at
      const checked = await check()
      reasons.push(
        checked.kind === 'unavailable' ? checked.reason.replace(/^.*?(is gone|again in a while)$/, '$1') : 'fine'
      )
    }
    assert.deepEqual(reasons, ['is gone', 'again in a while', 'is gone', 'again in a while', 'again in a while'])
  })
})

describe('an edit that the project’s own command checks', () => {
  it('is told of what it brought; what does not edit is left alone', async () => {
    const { call } = await tempWorkspace({ 'a.ts': 'TODO one\n' })
    const all = tools(greps())
    const said = await call(all.write!, { path: 'b.ts', content: 'fine\nTODO two\n' })
    assert.match(said, /\nNew problems since this edit \(1\):\nb\.ts:2: error: TODO two$/)
    assert.equal(all.shell, shell)
  })

  it('is checked by the command where no language server is there', async () => {
    const { call } = await tempWorkspace({ 'a.ts': '' })
    const gone = typescript({ command: '/no/such/server' })
    const { write } = tools(firstOf(gone, greps()))
    assert.match(await call(write!, { path: 'b.ts', content: 'TODO\n' }), /b\.ts:1: error/)
  })

  it('is told of a command that fails without naming a place', async () => {
    const { call } = await tempWorkspace({ 'a.ts': '' })
    const { write } = tools(greps())
    assert.match(await call(write!, { path: 'broken', content: '' }), /error: grep .* ended with 1: /)
  })

  it('stands, and says so, where nobody can check it', async () => {
    const { call, path } = await tempWorkspace()
    const { write } = tools(commandChecker({ command: 'no-such-linter .' }), true)
    assert.match(
      await call(write!, { path: 'a.ts', content: 'x' }),
      /\n\[not checked: no-such-linter \. cannot be run\]$/
    )
    assert.equal(await readFile(path('a.ts'), 'utf8'), 'x')
  })

  it('stays taken back with what others do at the same time: each is told of its own', async () => {
    const { call, path } = await tempWorkspace({ 'a.ts': 'one\n', 'b.ts': 'two\n' })
    const { edit } = tools(greps(), true)
    const [bad, good] = await Promise.allSettled([
      call(edit!, { path: 'a.ts', old: 'one', new: 'TODO' }),
      call(edit!, { path: 'b.ts', old: 'two', new: '2' })
    ])
    assert.equal(bad.status, 'rejected')
    assert.deepEqual(good, { status: 'fulfilled', value: 'edited b.ts (1 place)' })
    assert.equal(await readFile(path('a.ts'), 'utf8'), 'one\n')
  })
})
