import { RuntimeError } from '../../state/errors.ts'

const LINE_FEED = 10

/**
 * Passes a body on until more than `bytes` of it have come. Of a stream of events, which may go on for ever, each single
 * event is counted by itself: an empty line ends one.
 */
export function limitedBody(bytes: number, { events }: { events: boolean }): TransformStream<Uint8Array, Uint8Array> {
  let counted = 0
  let lineIsEmpty = true
  return new TransformStream({
    transform(chunk, controller) {
      for (let index = events ? 0 : chunk.length; index < chunk.length; index++) {
        const byte = chunk[index]
        counted++
        if (byte === LINE_FEED && lineIsEmpty) counted = 0
        if (byte === LINE_FEED) lineIsEmpty = true
        else if (byte !== 13) lineIsEmpty = false
        if (counted > bytes) break
      }
      if (!events) counted += chunk.length
      if (counted > bytes) return controller.error(tooLarge(bytes))
      controller.enqueue(chunk)
    }
  })
}

export function tooLarge(bytes: number): RuntimeError {
  return new RuntimeError('RESPONSE_TOO_LARGE', `more than ${bytes} bytes came, and no more are taken`)
}
