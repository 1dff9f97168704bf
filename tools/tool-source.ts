import type { Principal } from '../state/threads.ts'
import type { Tool } from './tool.ts'

/** Tools that come and go while agents run, those of a server for one. Each principal has tools of its own. */
export interface ToolSource {
  /** Takes a look. What cannot be reached is left as it was, or left out. */
  refresh(principal: Principal, signal: AbortSignal): Promise<void>
  /** What there was at the last look. */
  now(principal: Principal): readonly Tool[]
  /** Any tool of this source, by name: a call may outlive the look that it was made after, and the process as well. */
  find(name: string, principal: Principal): Tool | undefined
}
