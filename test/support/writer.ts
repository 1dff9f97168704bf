import { defineAgent } from '../../prebuilt/define-agent.ts'
import { allow } from '../../state/remit.ts'
import { edit, write } from '../../tools/coding/index.ts'
import { type Move, playing } from './script.ts'

const writes = (path: string, content: string): Move => [{ name: 'write', args: { path, content } }]

/** Does what its task says: `a=1 b=2` writes two files, one after the other. */
export const writer = defineAgent({
  name: 'writer',
  tools: [write, edit],
  remit: [allow('write'), allow('edit')],
  model: playing((task, results) => {
    const [path, content] = (task.split(' ')[results.length] ?? '').split('=')
    return path && content ? writes(path, content) : 'done'
  })
})
