import { describe, expect, it } from 'vitest'
import { ruleLine } from '../../../cli/view/rule-line.ts'
import { lessonOf } from '../../../tools/policies/lesson.ts'
import { judge } from '../../../tools/policies.ts'

const kinds = { command: 'command', cwd: 'directory' } as const
const learned = (command: string) => {
  const lesson = lessonOf({ name: 'shell', args: { command, cwd: '.' }, kinds })
  return lesson.ok ? lesson.rules.map(ruleLine) : lesson.reason
}

describe('what an approval teaches', () => {
  it.each([
    ['git status', ['allow shell command "git status *"']],
    ['git status --short', ['allow shell command "git status *"']],
    ['git push', ['allow shell command "git push"']],
    ['git push origin main', ['allow shell command "git push origin main"']],
    ['npm run build', ['allow shell command "npm run build *"']],
    ['npm test -- --watch', ['allow shell command "npm test *"']],
    ['npm install left-pad', ['allow shell command "npm install left-pad"']],
    ['cargo test', ['allow shell command "cargo test *"']],
    ['rm a', ['allow shell command "rm a"']],
    ['ls -la', ['allow shell command "ls -la"']],
    ['git add . && git status', ['allow shell command "git add *"', 'allow shell command "git status *"']],
    ['timeout 60 npm test', ['allow shell command "npm test *"']],
    ['git log "a b"', ['allow shell command "git log *"']]
  ])('is for %j: %j', (command, rules) => {
    expect(learned(command)).toEqual(rules)
  })

  it.each([
    'python script.py',
    'python -c "1"',
    'node x.js',
    'bash x.sh',
    'bash -c "git status"',
    'make test',
    'env X=1 git status',
    'sudo git status',
    'ls | xargs git add',
    'find . -exec ls {} +',
    'find . -delete',
    'FOO=bar npm test',
    'eval ls',
    '. ./x',
    '$X status',
    'git $X',
    'ls $X',
    'ls *',
    'ls "a b"',
    'git -c a=b status',
    'git status > out',
    'git status < in',
    'npm run "$X"',
    'npx rimraf',
    'git status "',
    'git status && sudo ls',
    'git status && ls "a b"',
    'x=1',
    'awk 1',
    'sed -i s/a/b/ f'
  ])('is nothing for %j', (command) => {
    expect(learned(command)).toBeTypeOf('string')
  })

  it('is for a path that path, for a directory what is below it, for a URL its host', () => {
    const lesson = (name: string, args: Record<string, unknown>, kind: 'path' | 'tree' | 'url') =>
      lessonOf({ name, args, kinds: { [Object.keys(args)[0]!]: kind } })
    expect(lesson('write', { path: './src//a.ts', content: 'x' }, 'path')).toMatchObject({
      ok: true,
      rules: [{ tool: 'write', when: { path: { path: 'src/a.ts' } }, verdict: 'allow' }]
    })
    expect(lesson('search', { path: 'src' }, 'tree')).toMatchObject({ rules: [{ when: { path: { path: 'src/**' } } }] })
    expect(lesson('fetch', { url: 'https://a.example/x?y' }, 'url')).toMatchObject({
      rules: [{ when: { url: { url: 'https://a.example' } } }]
    })
    for (const path of ['../x', 'a*', '~/x', 'a/../../x']) expect(lesson('write', { path }, 'path').ok).toBe(false)
    expect(lesson('fetch', { url: 'file:///etc/passwd' }, 'url').ok).toBe(false)
  })

  it('is nothing where nothing can be told from the arguments', () => {
    expect(lessonOf({ name: 'book', args: { day: 'Friday' } })).toMatchObject({ ok: false })
  })

  it('answers the call that it was learned from', () => {
    for (const command of [
      'git status',
      'npm test -- --watch',
      'rm a',
      'git add . && git status',
      'timeout 60 npm test'
    ]) {
      const call = { name: 'shell', args: { command, cwd: '.' }, kinds }
      const lesson = lessonOf(call)
      if (!lesson.ok) throw new TypeError(lesson.reason)
      const grants = [{ tool: 'shell', argsHash: '', rules: lesson.rules }]
      expect(judge(call, { remits: [[]], grants }).kind).toBe('allow')
    }
  })
})
