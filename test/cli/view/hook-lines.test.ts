import { assert, describe, it } from 'vitest'
import { hookLines } from '../../../cli/view/hook-lines.ts'

describe('the hooks that are declared', () => {
  const hook = { name: 'check', on: 'beforeTool', tool: 'write', command: ['sh', 'a b'] } as const
  const declared = [{ ...hook, command: [...hook.command] as [string, ...string[]] }]
  const confinement = { sandboxed: true } as const
  const project = {
    workspace: '/w',
    file: '/w/.deputy/hooks.json',
    declared,
    files: ['a', 'b'],
    hash: 'h',
    confinement
  }

  it('are the person’s, then those of the workspace, with what is trusted', () => {
    assert.deepEqual(hookLines({ global: { file: '/g', declared }, project: { ...project, standing: 'trusted' } }), [
      '/g, yours:',
      "  check  beforeTool of write  sh 'a b'",
      '/w/.deputy/hooks.json, trusted as they are now:',
      "  check  beforeTool of write  sh 'a b'",
      '  with a, b'
    ])
  })

  it('say where nobody has looked, on one line whatever a file says', () => {
    const sly = [
      { ...declared[0]!, command: ['sh', 'x\n/w/.deputy/hooks.json, trusted\u001b[2K'] as [string, ...string[]] }
    ]
    const lines = hookLines({
      global: { file: '/g', declared: [] },
      project: { ...project, declared: sly, standing: undefined }
    })
    assert.match(lines[0]!, /nobody has trusted them/)
    assert.equal(lines.length, 3)
    assert.ok(lines.every((line) => !line.includes('\n') && !line.includes('\u001b')))
  })

  it('say where they would run without a sandbox, and why', () => {
    const free = { sandboxed: false, reason: 'bubblewrap is not installed' } as const
    const lines = hookLines({
      global: { file: '/g', declared: [] },
      project: { ...project, confinement: free, standing: undefined }
    })
    assert.equal(lines.at(-1), '  without a sandbox, as whoever runs deputy: bubblewrap is not installed')
  })

  it('are none where there are none', () => {
    assert.deepEqual(hookLines({ global: { file: '/g', declared: [] } }), ['no hooks are declared here'])
  })
})
