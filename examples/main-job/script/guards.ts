/** A place in ini.js where a name from the file chooses the object that is written to, and what has to stand there. */
export interface Guard {
  /** The line, with its indentation as the first group. */
  readonly place: RegExp
  readonly danger: string
  /** The text in the place of the line. */
  guarded(line: string, indent: string): string
  /** What shows that the guard is there. */
  readonly present: RegExp
}

export const GUARDS: readonly Guard[] = [
  {
    place: /^( *)p = out\[section\] = out\[section\] \|\| \{\}$/,
    danger: 'for the section __proto__ this is Object.prototype, and the keys below it are written there',
    guarded: (line, indent) =>
      [
        `${indent}if (section === '__proto__') {`,
        `${indent}  // Its keys are read and go nowhere.`,
        `${indent}  p = {}`,
        `${indent}  return`,
        `${indent}}`,
        line
      ].join('\n'),
    present: /section === '__proto__'/
  },
  {
    place: /^( *)parts\.forEach\(function \(part, _, __\) \{$/,
    danger: 'for a section below __proto__ this walks to Object.prototype, and the section is written there',
    guarded: (line, indent) => `${line}\n${indent}  if (part === '__proto__') return`,
    present: /part === '__proto__'/
  }
]
