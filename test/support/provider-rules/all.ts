import type { BaseMessage } from '@langchain/core/messages'
import { anthropicRules } from './anthropic.ts'
import { bedrockRules } from './bedrock.ts'
import { geminiRules } from './gemini.ts'
import { openAiRules } from './openai.ts'
import type { Broken, ProviderRules } from './rules.ts'

export const PROVIDERS: readonly ProviderRules[] = [openAiRules, anthropicRules, geminiRules, bedrockRules]

/** Every rule of every provider that the list breaks. */
export function brokenRules(messages: readonly BaseMessage[]): Broken[] {
  return PROVIDERS.flatMap(({ broken }) => broken(messages))
}
