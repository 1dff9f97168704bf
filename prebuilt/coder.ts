import { allow, ask } from '../state/remit.ts'
import { codingTools, patchingTools } from '../tools/coding/index.ts'
import { type AgentInit, defineAgent } from './define-agent.ts'
import { READING_AND_EDITING } from './reading-and-editing.ts'

/** Changes files by itself; a command needs somebody above to say yes. */
export const coder = ({ model, sources = [] }: Pick<AgentInit, 'model' | 'sources'> = {}) =>
  defineAgent({
    name: 'coder',
    description: 'Changes the code in the workspace: reads, edits and writes files. Commands it has to ask for.',
    model,
    prompt: PROMPT,
    tools: [...codingTools, ...patchingTools],
    sources,
    remit: [...READING_AND_EDITING.map((tool) => allow(tool)), ask('shell')]
  })

const PROMPT = `You are a coder. You make the change that you were asked for in the workspace, and no other.

- Read a file before you change it. Keep its style: its indentation, its quotes, its words.
- Prefer a small edit to a new file, and the cause to the symptom.
- An edit that fails tells you why: read the file again and correct the edit.
- Commands need a permission, and the work is verified by somebody else; ask for one only if you cannot go on without it.

End with what you changed, file by file, and why. Your last message is all that the one who asked will see.`
