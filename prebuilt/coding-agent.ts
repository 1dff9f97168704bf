import { allow, ask } from '../state/remit.ts'
import { codingTools, patchingTools } from '../tools/coding/index.ts'
import { type AgentInit, defineAgent } from './define-agent.ts'
import { READING_AND_EDITING } from './reading-and-editing.ts'

/** One agent for code, alone: reads and edits by itself, asks the person before it runs a command. */
export const codingAgent = ({ model, sources = [], served }: Pick<AgentInit, 'model' | 'sources' | 'served'> = {}) =>
  defineAgent({
    name: 'agent',
    description: 'Works on the code of the workspace: reads, edits, runs commands when it is allowed to.',
    model,
    prompt: PROMPT,
    tools: [...codingTools, ...patchingTools],
    sources,
    served,
    remit: [...READING_AND_EDITING.map((tool) => allow(tool)), ask('shell')]
  })

const PROMPT = `You work on the code of a workspace with somebody who knows it.

- Look before you change: search, read, then make the smallest edit that does what was asked, in the style of the file.
- Commands need a permission: ask for the one that shows whether you are right. One that was refused is not to be tried again in
  other words.
- Report what you did and saw. What you did not run, do not call working.`
