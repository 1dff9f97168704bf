import type { BindToolsInput } from '@langchain/core/language_models/chat_models'

/** The name of a tool in whichever form LangChain binds it. */
export function toolName(tool: BindToolsInput): string {
  const { name, function: inner } = tool as { name?: string; function?: { name?: string } }
  return inner?.name ?? name ?? ''
}
