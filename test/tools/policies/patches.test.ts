import { describe, expect, it } from 'vitest'
import { allow, ask, deny, type Remit } from '../../../state/remit.ts'
import { applyPatch } from '../../../tools/coding/apply-patch.ts'
import { lessonOf } from '../../../tools/policies/lesson.ts'
import { strictestOf } from '../../../tools/policies.ts'

const { name, kinds } = applyPatch
const patch = (...lines: string[]) => ({
  name,
  kinds,
  args: { patch: ['*** Begin Patch', ...lines, '*** End Patch'].join('\n') }
})
const update = (path: string) => [`*** Update File: ${path}`, '@@', '-a', '+b']
const said = (remit: Remit, call: ReturnType<typeof patch>) =>
  strictestOf([remit], call, { workspace: import.meta.dirname }).kind

describe('a patch', () => {
  const guarded = [deny('write', { path: { path: '**/.env' } }), ask('edit', { path: { path: 'ci/**' } }), allow('*')]

  it('is allowed where all of its files may be written', () => {
    expect(said(guarded, patch(...update('src/a.ts'), ...update('src/b.ts')))).toBe('allow')
  })

  it.each([
    ['changes', update('.env')],
    ['adds', ['*** Add File: app/.env', '+KEY=1']],
    ['takes away', ['*** Delete File: .env']],
    ['brings another file to', ['*** Update File: src/a.ts', '*** Move to: .env', '@@', '-a', '+b']],
    ['changes, among others,', [...update('src/a.ts'), ...update('./src/../.env')]]
  ])('is denied where it %s a file that nobody may write', (_how, lines) => {
    expect(said(guarded, patch(...lines))).toBe('deny')
  })

  it('is asked about where a file of it would be', () => {
    expect(said(guarded, patch(...update('src/a.ts'), ...update('ci/run')))).toBe('ask')
  })

  it('is judged by the files that it names also where it cannot be read', () => {
    expect(said(guarded, { name, kinds, args: { patch: '*** Update File: .env' } })).toBe('deny')
  })

  it('teaches nothing: no patch is like another', () => {
    expect(lessonOf(patch(...update('src/a.ts')))).toMatchObject({ ok: false })
  })
})
