import { ChatAnthropic } from '@langchain/anthropic'
import type { BaseChatModel } from '@langchain/core/language_models/chat_models'
import { ChatOpenAI } from '@langchain/openai'

/** A real client package, speaking to an endpoint of ours; it never tries again itself. */
export interface Provider {
  readonly name: string
  readonly anthropic: boolean
  /** Whether the provider tells reasoning apart. */
  readonly reasoning: boolean
  connect(url: string): BaseChatModel
}

export const PROVIDERS: readonly Provider[] = [
  {
    name: 'OpenAI chat completions',
    anthropic: false,
    reasoning: true,
    connect: (url) => openAi(url, { useResponsesApi: false })
  },
  {
    name: 'OpenAI responses',
    anthropic: false,
    reasoning: true,
    connect: (url) => openAi(url, { useResponsesApi: true })
  },
  {
    name: 'Anthropic messages',
    anthropic: true,
    reasoning: false,
    connect: (url) =>
      new ChatAnthropic({ model: 'claude-sonnet-4-5', apiKey: 'local', anthropicApiUrl: url, maxRetries: 0 })
  }
]

function openAi(url: string, api: { useResponsesApi: boolean }): BaseChatModel {
  return new ChatOpenAI({
    model: 'gpt-5-mini',
    apiKey: 'local',
    configuration: { baseURL: `${url}/v1` },
    maxRetries: 0,
    ...api
  })
}
