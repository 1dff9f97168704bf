import { z } from 'zod'

/** One line of an agent's own plan. */
export const Todo = z.object({ id: z.string(), text: z.string(), status: z.enum(['open', 'doing', 'done', 'dropped']) })
export type Todo = z.infer<typeof Todo>

/** Later writes win by id; the order of first appearance stays. */
export function mergeTodos(todos: readonly Todo[], writes: readonly Todo[]): Todo[] {
  const byId = new Map(todos.map((todo) => [todo.id, todo]))
  for (const write of writes) byId.set(write.id, write)
  return [...byId.values()]
}
