const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const AS_TEXT = 0
const AS_UUID = 1

/** An id as bytes, in the order of the ids: 17 for a UUID, which LangGraph's are; any other is its text, and older than they. */
export function idBytes(id: string): Buffer {
  if (!UUID.test(id)) return Buffer.concat([Buffer.of(AS_TEXT), Buffer.from(id)])
  return Buffer.from(`0${AS_UUID}${id.replaceAll('-', '')}`, 'hex')
}

/** @throws Error where the bytes are none that `idBytes` gives */
export function idText(bytes: unknown): string {
  if (!(bytes instanceof Uint8Array)) throw new Error('an id is no bytes')
  const [form, ...rest] = [bytes[0], Buffer.from(bytes.buffer, bytes.byteOffset + 1, bytes.byteLength - 1)] as const
  const [id] = rest
  if (form === AS_TEXT) return id.toString()
  if (form !== AS_UUID || id.length !== 16) throw new Error('an id is neither text nor a UUID')
  const hex = id.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

/** As `idText`, for a name in a refusal: what is no id is shown as it is. */
export function shownId(bytes: unknown): unknown {
  try {
    return bytes === null ? null : idText(bytes)
  } catch {
    return bytes instanceof Uint8Array ? Buffer.from(bytes).toString('hex') : bytes
  }
}
