// The command on a real pseudo-terminal, which `script` of util-linux gives; what it writes is read off a screen.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { assert, describe, it } from 'vitest'
import { shellWord } from '../../cli/shell-word.ts'
import { builtFile } from '../support/built.ts'
import { AGENTS, envWith, gathered, idAfter, NODE_ARGS, type Place, place, until } from './deputy.ts'
import { type Screen, screen } from './screen.ts'

const PUT_QUESTION = builtFile(join(import.meta.dirname, 'fixtures/put-question.ts'))
const SIZE = { columns: 70, rows: 20 }

interface Terminal {
  type(keys: string): void
  /** Until the screen shows it. */
  shows(words: string | RegExp): Promise<void>
  screen(): Screen
  /** The exit code. */
  ended: Promise<number | null>
}

/** The command at a terminal. */
function terminalAt(at: Place, ...args: string[]): Terminal {
  return terminalOf(at, [...NODE_ARGS, ...args])
}

function terminalOf({ dir }: Place, args: readonly string[]): Terminal {
  const command = [process.execPath, ...args].map((word) => (word === '|' ? word : shellWord(word)))
  const sized = `stty cols ${SIZE.columns} rows ${SIZE.rows}; ${command.join(' ')}`
  const env = envWith({ TERM: 'xterm', NO_COLOR: '1', SHELL: '/bin/sh' })
  const child = spawn('script', ['-qec', sized, '/dev/null'], { cwd: dir, env, stdio: ['pipe', 'pipe', 'ignore'] })
  const bytes = gathered(child.stdout)
  const shown = () => {
    const fresh = screen(SIZE)
    fresh.write(bytes())
    return fresh
  }
  return {
    type: (keys) => void child.stdin.write(keys),
    shows: (words) => until(() => shown().lines().join('\n').match(words) !== null),
    screen: shown,
    ended: new Promise((resolve) => child.on('close', (code) => resolve(code)))
  }
}

const run = (task: string, agent = 'lead') => ['run', '--agents', AGENTS, '--agent', agent, task]
/** The question with these words in it, once it can be answered: before its prompt is there no key counts. */
const asking = (words: string) => new RegExp(`${words}[\\s\\S]*\\n>`)
const missing = spawnSync('script', ['--version']).status !== 0

describe.skipIf(missing)(
  `a terminal${missing ? ' (skipped: no `script` of util-linux here)' : ''}`,
  { timeout: 120_000 },
  () => {
    it('shows the tree in place, once, and the result below it', async () => {
      const at = await place()
      const { ended, screen } = terminalAt(at, ...run('say one; say two'))
      assert.equal(await ended, 0)
      const shown = screen()
      const lines = shown.lines().map((line) => line.replace(/ +\d+s +\d+ tok$/, ''))
      assert.deepEqual(lines.slice(0, 4), [
        '✓ lead  completed',
        '├─ ✓ clerk  completed',
        '└─ ✓ clerk  completed',
        'all is done'
      ])
      assert.isTrue(shown.cursorVisible)
    })

    it('asks one after the other, in place, while others still run', async () => {
      const at = await place()
      const { type, shows, screen, ended } = terminalAt(at, ...run('stamp a; stamp b; wait go'))
      await shows(/\? lead\/clerk asks to call stamp\n {4}what: a\n {2}because: rule: ask stamp\ny approve[\s\S]*\n>/)
      type('y\r')
      await shows(asking('what: b'))
      await until(() => at.stamps().includes('a'))
      type('n not this one\r')
      await until(() => !screen().lines().join('\n').includes('asks to call'))
      await shows('wait go')
      assert.deepEqual(at.stamps(), ['a'])
      writeFileSync(join(at.dir, 'go'), '')
      assert.equal(await ended, 0)
      const lines = screen().lines()
      assert.lengthOf(
        lines.filter((line) => line.includes(' lead ')),
        1
      )
      assert.include(lines.join('\n'), 'all is done')
    })

    it('lets the arguments be edited, and says what is wrong with an answer', async () => {
      const at = await place()
      const { type, shows, ended } = terminalAt(at, ...run('stamp a', 'clerk'))
      await shows(asking('what: a'))
      type('perhaps\r')
      await shows(asking('"perhaps" is none of y, n, e, s, l'))
      type('e\r')
      await shows('> {"what":"a"}')
      type('\u007f\u007f\u007fforbidden"}\r')
      await shows(asking('the call cannot be allowed'))
      type('e {"what":"b"}\r')
      assert.equal(await ended, 0)
      assert.deepEqual(at.stamps(), ['b'])
    })

    it('approves calls like it, once what is learned was seen', async () => {
      const at = await place()
      const { type, shows, ended } = terminalAt(at, ...run('enter git log a then enter git log b', 'clerk'))
      await shows(asking('line: git log a'))
      type('l\r')
      await shows(asking('for the session: allow enter line command "git log \\*"'))
      type('\r')
      await shows(/l calls like it too[\s\S]*\n>/)
      type('l\r')
      await shows(asking('for the session: allow'))
      type('y\r')
      assert.equal(await ended, 0)
      assert.deepEqual(at.stamps(), ['git log a', 'git log b'])
    })

    it('says why nothing is learned from what runs other programs', async () => {
      const at = await place()
      const { type, shows, ended } = terminalAt(at, ...run('enter python3 x.py', 'clerk'))
      await shows(asking('line: python3 x.py'))
      type('l\r')
      await shows(asking('nothing is learned from this call: python3 x.py: python runs programs'))
      assert.deepEqual(at.stamps(), [])
      type('n\r')
      assert.equal(await ended, 0)
      assert.deepEqual(at.stamps(), [])
    })

    it('does not take for an answer what was typed before the question', async () => {
      const at = await place()
      const early = 'y\ry'
      const { type, shows, ended } = terminalAt(at, ...run(`hear ${early.length} then stamp a`, 'clerk'))
      await until(() => existsSync(join(at.dir, 'hearing')))
      type(early)
      await shows(asking('what: a'))
      type('\r')
      await shows(asking('nothing is decided yet'))
      assert.deepEqual(at.stamps(), [])
      type('s\r')
      assert.equal(await ended, 0)
      assert.deepEqual(at.stamps(), ['a'])
    })

    for (const how of ['live', 'plain'])
      it(`does not take what the terminal still held when the question came: ${how}`, async () => {
        const at = await place()
        const { type, shows, ended } = terminalOf(at, [PUT_QUESTION, how, 'answer'])
        await shows('busy')
        type('early\r')
        await shows(asking('what now\\?'))
        type('late\r')
        assert.equal(await ended, 0)
        assert.equal(readFileSync(join(at.dir, 'answer'), 'utf8'), 'late')
      })

    it('leaves an ask open at Ctrl-D', async () => {
      const at = await place()
      const { type, shows, screen, ended } = terminalAt(at, ...run('stamp a', 'clerk'))
      await shows(asking('what: a'))
      type('\u0004')
      assert.equal(await ended, 3)
      assert.include(screen().lines().join('\n'), 'deputy answer')
    })

    it('pauses at Ctrl-C, in the middle of a question too', async () => {
      const at = await place()
      const { type, shows, screen, ended } = terminalAt(at, ...run('stamp a; wait go'))
      await shows(asking('what: a'))
      type('\u0003')
      assert.equal(await ended, 130)
      const text = screen().lines().join('\n').replace(/\n/g, ' ')
      assert.isTrue(screen().cursorVisible)
      writeFileSync(join(at.dir, 'go'), '')
      const thread = idAfter('deputy resume', text)
      assert.equal((await at.deputy('resume', thread, '--agents', AGENTS, '--yes')).code, 0)
      assert.deepEqual(at.stamps(), ['a'])
    })

    it('asks on stderr where the output is read by a program', async () => {
      const at = await place()
      const { type, shows, ended } = terminalAt(at, ...run('stamp a', 'clerk'), '|', 'tee', 'out.txt')
      await shows(asking('what: a'))
      type('y\r')
      await ended
      assert.deepEqual(at.stamps(), ['a'])
      const out = readFileSync(join(at.dir, 'out.txt'), 'utf8')
      assert.include(out, 'clerk: stamp a')
      assert.notInclude(out, 'asks to call')
    })
  }
)
