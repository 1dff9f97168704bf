// Messages of JSON-RPC as language servers send them: a head with the length in bytes, an empty line, and JSON.

export function framed(message: object): Buffer {
  const body = Buffer.from(JSON.stringify(message))
  return Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`, 'ascii'), body])
}

const HEAD_END = '\r\n\r\n'
/** More than any head has: who writes more does not speak this. */
const MAX_HEAD = 8 * 1024
const MAX_BODY = 64 * 1024 * 1024

/** Gives what takes bytes as they arrive, cut anywhere, and hands on whole messages. It throws where no message can be. */
export function unframed(onMessage: (message: unknown) => void): (bytes: Buffer) => void {
  let left: Buffer = Buffer.alloc(0)
  return (bytes) => {
    left = left.length === 0 ? bytes : Buffer.concat([left, bytes])
    while (true) {
      const end = left.indexOf(HEAD_END)
      if (end < 0 && left.length > MAX_HEAD) throw new Error('what the language server says has no head')
      if (end < 0) return
      const length = Number(/content-length: *(\d+)/i.exec(left.toString('ascii', 0, end))?.[1])
      if (!(length <= MAX_BODY)) throw new Error('what the language server says has no length, or is too long')
      const start = end + HEAD_END.length
      if (left.length < start + length) return
      const body = left.toString('utf8', start, start + length)
      left = left.subarray(start + length)
      onMessage(JSON.parse(body))
    }
  }
}
