import { effects } from './effects.ts'

/** A tool that is at work until it is released, and knows when it began. */
export function slowly() {
  let begin = () => {}
  let release = () => {}
  const begun = new Promise<void>((resolve) => {
    begin = resolve
  })
  const released = new Promise<string>((resolve) => {
    release = () => resolve('waited')
  })
  const run = (_args: unknown, { signal }: { signal: AbortSignal }) => {
    begin()
    return Promise.race([
      released,
      new Promise<string>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))
    ])
  }
  return { tool: { ...effects('wait'), run }, begun, release: () => release() }
}
