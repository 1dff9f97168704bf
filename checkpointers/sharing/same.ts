type Members = Record<string, unknown>

const objectPrototype = Object.prototype

/**
 * Whether a value is still what was stored, `kept` being what came back of it. A no may be wrong and costs an encoding; a yes never is. Only
 * plain data, bytes and messages can be the same; their texts mostly are the same pointers, so this does not read them.
 */
export function isSame(value: unknown, kept: unknown): boolean {
  if (value === kept) return true
  if (typeof value !== 'object' || typeof kept !== 'object' || value === null || kept === null) return false
  if (Array.isArray(kept)) return Array.isArray(value) && areSame(value, kept)
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== Object.getPrototypeOf(kept)) return false
  if (prototype === objectPrototype) return haveSameMembers(value as Members, kept as Members)
  if (kept instanceof Uint8Array) return Buffer.compare(value as Uint8Array, kept) === 0
  return 'lc_kwargs' in kept && isSameMessage(value as Message, kept as unknown as Message)
}

function areSame(values: readonly unknown[], kept: readonly unknown[]): boolean {
  if (values.length !== kept.length) return false
  for (let at = 0; at < kept.length; at++) if (!isSame(values[at], kept[at])) return false
  return true
}

/** In the same order too: it is kept. */
function haveSameMembers(value: Members, kept: Members): boolean {
  const names = Object.keys(kept)
  const found = Object.keys(value)
  if (found.length !== names.length) return false
  for (let at = 0; at < names.length; at++) {
    const name = names[at]!
    if (found[at] !== name || !isSame(value[name], kept[name])) return false
  }
  return typeof value.toJSON !== 'function'
}

interface Message extends Members {
  readonly lc_kwargs: Members
}

/** By what is encoded of a message: what its constructor was given, as it is now. */
function isSameMessage(value: Message, kept: Message): boolean {
  if (value.content !== kept.content && !isSame(value.content, kept.content)) return false
  if (value.id !== kept.id) return false
  const names = definedNames(kept.lc_kwargs)
  const found = definedNames(value.lc_kwargs)
  if (found.length !== names.length) return false
  for (const name of names) {
    if (name === 'content' || name === 'id') {
      if (value.lc_kwargs[name] === undefined) return false
    } else if (!(name in value.lc_kwargs) || !isSame(current(value, name), current(kept, name))) return false
  }
  return true
}

function current(message: Message, name: string): unknown {
  return Object.hasOwn(message, name) ? message[name] : message.lc_kwargs[name]
}

function definedNames(members: Members): string[] {
  const names = Object.keys(members)
  for (let at = 0; at < names.length; at++)
    if (members[names[at]!] === undefined) return names.filter((name) => members[name] !== undefined)
  return names
}
