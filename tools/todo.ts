import { z } from 'zod'
import { Todo } from '../state/todos.ts'
import { tool } from './tool.ts'

/** The agent's own plan, in its state: whoever looks at the thread sees it. */
export const todo = tool({
  name: 'todo',
  description:
    'Keeps your plan for work of several steps. Give the lines that are new or have changed; one with a known id takes the place ' +
    'of the old one, the others stay. One line at a time is `doing`.',
  effect: 'idempotent',
  reach: 'itself',
  writes: ['todos'],
  args: z.object({ todos: z.array(Todo).min(1).max(100) }),
  run: async ({ todos }) => ({
    output: todos.map(({ id, text, status }) => `${id} [${status}] ${text}`).join('\n'),
    update: { todos }
  })
})
