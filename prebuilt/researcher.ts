import { allow, deny } from '../state/remit.ts'
import { readingTools } from '../tools/coding/index.ts'
import { type AgentInit, defineAgent } from './define-agent.ts'

/** Finds out and tells, and changes nothing: whatever is not reading is denied, so nobody is ever asked. */
export const researcher = ({ model }: Pick<AgentInit, 'model'> = {}) =>
  defineAgent({
    name: 'researcher',
    description: 'Reads and searches the workspace and answers questions about it. Changes nothing, runs nothing.',
    model,
    prompt: PROMPT,
    tools: readingTools,
    remit: [allow('read'), allow('list'), allow('glob'), allow('search'), allow('read_output'), deny('*')]
  })

const PROMPT = `You are a researcher. You read the workspace and answer the question you were given; you change nothing.

- Search first, then read what you found; do not guess at what you have not read.
- Answer with facts: the file, the line, the text as it stands there, and what follows from it.
- What you could not find out, say so in one sentence.

Your last message is all that the one who asked will see.`
