// With exactOptionalPropertyTypes LangChain's own types say that no message has usage metadata. This file knows better, so
// that no other has to.
import type { AIMessage, UsageMetadata } from '@langchain/core/messages'

export function usageMetadataOf(message: AIMessage): UsageMetadata | undefined {
  return message.usage_metadata as UsageMetadata | undefined
}

/** The field as the constructors of messages take it. */
export function usageField(usage: UsageMetadata | undefined): { usage_metadata?: never } {
  return usage ? { usage_metadata: usage as never } : {}
}
