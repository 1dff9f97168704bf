import type { CallToolResult } from '@modelcontextprotocol/client'

type Content = CallToolResult['content'][number]

/** What a model reads of a result. What is no text is told of, with its kind and size. */
export function resultText({ content, structuredContent }: CallToolResult): string {
  const texts = content.map(textOf)
  const isTold = texts.some((text) => text.trim() !== '')
  if (isTold || structuredContent === undefined) return texts.join('\n')
  return JSON.stringify(structuredContent, undefined, 2)
}

function textOf(part: Content): string {
  switch (part.type) {
    case 'text':
      return part.text
    case 'image':
    case 'audio':
      return `[${part.type}: ${part.mimeType}, ${sizeOf(part.data)}]`
    case 'resource_link':
      return `[resource: ${part.name}, ${part.uri}]${part.description ? ` ${part.description}` : ''}`
    case 'resource':
      if ('text' in part.resource) return `[resource: ${part.resource.uri}]\n${part.resource.text}`
      return `[resource: ${part.resource.uri}, ${part.resource.mimeType ?? 'no type'}, ${sizeOf(part.resource.blob)}]`
  }
}

const sizeOf = (base64: string): string => `${Math.floor((base64.length * 3) / 4)} bytes`
