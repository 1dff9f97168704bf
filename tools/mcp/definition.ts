import { createHash } from 'node:crypto'
import type { Tool as ListedTool } from '@modelcontextprotocol/client'
import { canonical } from '../../state/canonical.ts'

/** A tool as a server describes it. */
export type Definition = Pick<
  ListedTool,
  'name' | 'title' | 'description' | 'inputSchema' | 'outputSchema' | 'annotations'
>

/** What a review is about, whatever else a server sends along. */
export function definitionOf(tool: ListedTool): Definition {
  const { name, title, description, inputSchema, outputSchema, annotations } = tool
  return {
    name,
    ...(title !== undefined && { title }),
    ...(description !== undefined && { description }),
    inputSchema,
    ...(outputSchema !== undefined && { outputSchema }),
    ...(annotations !== undefined && { annotations })
  }
}

/** sha256 of a definition: the order of its keys does not matter, and everything else does. */
export function hashOf(definition: Definition): string {
  return createHash('sha256').update(canonical(definition)).digest('hex')
}
