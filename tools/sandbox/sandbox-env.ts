import { HOME } from './bubblewrap-args.ts'

/** These name places or proxies outside, where nothing is reached from within. */
const OUTSIDE = /^(XDG_.*|TMP|TEMP|TMPDIR|.*_PROXY|npm_config_(cache|prefix|userconfig|globalconfig|.*proxy))$/i

/** The environment of a command as it is in a sandbox. */
export function sandboxEnv(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(([name]) => !OUTSIDE.test(name))
  return { ...Object.fromEntries(kept), HOME, TMPDIR: '/tmp' }
}
