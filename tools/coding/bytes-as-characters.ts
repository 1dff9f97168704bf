// Each byte is taken for one character, so that a byte order mark, another encoding or a broken character come through untouched.

export const asCharacters = (bytes: Buffer): string => bytes.toString('latin1')

/** What a model writes, as it stands in a file. */
export const inBytes = (text: string): string => asCharacters(Buffer.from(text))

export const asBytes = (characters: string): Buffer => Buffer.from(characters, 'latin1')
