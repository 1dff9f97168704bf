/** The response, of whose stream of events it is told when it ends: with why, where it broke. */
export function watchedStream(response: Response, onEnd: (error?: unknown) => void): Response {
  const { body, status, statusText, headers } = response
  if (!body || !headers.get('content-type')?.startsWith('text/event-stream')) return response
  const reader = body.getReader()
  let isLeft = false
  const stream = new ReadableStream<Uint8Array>({
    async pull(out) {
      try {
        const { done, value } = await reader.read()
        if (isLeft) return
        if (!done) return out.enqueue(value)
        out.close()
        onEnd()
      } catch (error) {
        onEnd(error)
        throw error
      }
    },
    cancel(reason) {
      isLeft = true
      return reader.cancel(reason)
    }
  })
  return new Response(stream, { status, statusText, headers })
}
