import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { prlimitArgs, SandboxLimits } from '../../../tools/sandbox/limits.ts'

describe('the limits that the kernel keeps', () => {
  const limits = SandboxLimits.parse({ processes: 10, fileMb: 1 })
  const counts = (uid: number | undefined, release: string) =>
    prlimitArgs(limits, { uid, release }).includes('--nproc=80')

  it('are given in bytes and seconds', () => {
    const given = ['--cpu=600', `--data=${4096 * 1024 * 1024}`, '--fsize=1048576', '--core=0']
    assert.deepEqual(prlimitArgs(limits, { uid: 0, release: '6.1.0' }), given)
  })

  it('have processes among them where it counts those of a sandbox by themselves', () => {
    assert.deepEqual([counts(1000, '6.1.0-amd64'), counts(1000, '5.14.0'), counts(1000, '10.0.0')], [true, true, true])
    assert.deepEqual([counts(0, '6.1.0'), counts(1000, '5.10.0-28'), counts(1000, '4.19.0')], [false, false, false])
  })

  it('are refused where they are none', () => {
    for (const wrong of [{ processes: 0 }, { memoryMb: -1 }, { cpuSeconds: 1.5 }])
      assert.equal(SandboxLimits.safeParse(wrong).success, false)
  })
})
