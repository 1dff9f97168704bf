import type { ChatModelProvider } from 'langchain/chat_models/universal'

/** The environment variables that hold a provider's key; one of them is enough. None: it needs no key, or looks for it elsewhere. */
export const PROVIDER_KEYS: Readonly<Record<ChatModelProvider, readonly string[]>> = {
  openai: ['OPENAI_API_KEY'],
  anthropic: ['ANTHROPIC_API_KEY'],
  ollama: [],
  azure_openai: ['AZURE_OPENAI_API_KEY'],
  langsmith: ['LANGSMITH_GATEWAY_API_KEY', 'LANGSMITH_API_KEY'],
  google: ['GOOGLE_API_KEY'],
  'google-genai': ['GOOGLE_API_KEY'],
  'google-vertexai': [],
  'google-vertexai-web': [],
  mistralai: ['MISTRAL_API_KEY'],
  mistral: ['MISTRAL_API_KEY'],
  bedrock: [],
  aws: [],
  cohere: ['COHERE_API_KEY'],
  groq: ['GROQ_API_KEY'],
  deepseek: ['DEEPSEEK_API_KEY'],
  xai: ['XAI_API_KEY'],
  cerebras: ['CEREBRAS_API_KEY'],
  fireworks: ['FIREWORKS_API_KEY'],
  together: ['TOGETHER_AI_API_KEY'],
  perplexity: ['PERPLEXITY_API_KEY']
}

export function isProvider(name: string): name is ChatModelProvider {
  return Object.hasOwn(PROVIDER_KEYS, name)
}

export function hasKey(provider: ChatModelProvider): boolean {
  const variables = PROVIDER_KEYS[provider]
  return variables.length === 0 || variables.some((variable) => process.env[variable])
}

/** The text with the names of variables where it held keys. */
export function withoutKeys(text: string, provider: ChatModelProvider): string {
  return PROVIDER_KEYS[provider].reduce((safe, variable) => {
    const key = process.env[variable]
    return key ? safe.replaceAll(key, () => `$${variable}`) : safe
  }, text)
}
