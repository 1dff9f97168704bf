// L1. Every command of a line is found: in lists, pipelines, branches, loops, functions, substitutions, here-documents and
//     assignments, however deep.
// L2. What cannot be read is said to be there: a line that does not parse, is too long or too deep is one opaque command.
// L3. Nothing is run, expanded or looked up to find out.
import { forEachChild, parse, type SyntaxNode } from 'unbash'
import { opacityOf, programOf } from './opaque.ts'
import { TRANSPARENT } from './programs.ts'
import type { CommandLine, Opaque, Redirection, SimpleCommand } from './simple-command.ts'
import { isOrdinary } from './variables.ts'
import { type Word, wordOf } from './words.ts'

type Node<Type extends SyntaxNode['type']> = Extract<SyntaxNode, { type: Type }>

const MAX_LENGTH = 65_536
const MAX_COMMANDS = 256
const MAX_DEPTH = 64
/** How often a command may be found in an argument of another. */
const MAX_SCRIPTS = 4
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const UNSEEN = /[\0-\x08\x0b-\x1f\x7f\x85\xa0\u2028\u2029]/

/** All that a line of shell would do. */
export function commandLine(text: string): CommandLine {
  return read(text, 0)
}

function read(text: string, nested: number): CommandLine {
  if (text.length > MAX_LENGTH) return unreadable(text, `it is longer than ${MAX_LENGTH} characters`)
  if (UNSEEN.test(text)) return unreadable(text, 'it has characters that nobody sees')
  const finder = new Finder(text)
  try {
    finder.visit(parse(text), 0)
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
    return unreadable(text, error.message)
  }
  const suspects = finder.commands.filter(({ opaque }) => opaque).flatMap((command) => startedBy(command, nested))
  return { commands: finder.commands, redirections: finder.redirections, suspects }
}

function unreadable(text: string, reason: string): CommandLine {
  return { commands: [{ text, words: [], opaque: { reason } }], redirections: [], suspects: [] }
}

class Unreadable extends Error {}

class Finder {
  readonly commands: SimpleCommand[] = []
  readonly redirections: Redirection[] = []
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  visit(node: SyntaxNode, depth: number): void {
    if (depth > MAX_DEPTH) throw new Unreadable('it is nested too deep')
    if (this.commands.length > MAX_COMMANDS) throw new Unreadable(`it has more than ${MAX_COMMANDS} commands`)
    this.#note(node)
    forEachChild(node, (child) => this.visit(child, depth + 1))
  }

  #note(node: SyntaxNode): void {
    switch (node.type) {
      case 'Script':
        if (node.errors?.length) throw new Unreadable(`it does not parse: ${node.errors[0]!.message}`)
        break
      case 'Command':
        this.#command(node)
        break
      case 'Redirect':
        this.#redirect(node)
        break
      case 'Function':
        this.#opaque(node, { reason: 'it defines a function' })
        break
      case 'Coproc':
        this.#opaque(node, { reason: 'it starts a coprocess' })
        break
      case 'For':
      case 'Select':
        if (!isOrdinary(node.name.value)) this.#opaque(node.name, setting(node.name.value))
        break
      case 'Assignment':
        if (!isOrdinary(node.name)) this.#opaque(node, setting(node.name))
        else if (node.index && !/^\d+$/.test(node.index.text)) this.#opaque(node, COMPUTED)
        break
      case 'ParameterExpansion':
        this.#expansion(node)
        break
      case 'ArithmeticWord':
        if (!/^\s*\d+\s*$/.test(node.value)) this.#opaque(node, COMPUTED)
        break
      case 'TestUnary':
        if (node.operator === '-v' || node.operator === '-R') this.#opaque(node, COMPUTED)
        break
      case 'TestBinary':
        if (COMPARED.has(node.operator)) this.#opaque(node, COMPUTED)
        break
    }
  }

  #command(node: Node<'Command'>): void {
    const given = [...(node.name ? [node.name] : []), ...node.args]
    const all = given.map((each) => (each.type === 'Word' ? wordOf(each) : { value: each.text, fixed: false }))
    if (all.length === 0) return
    const words = withoutTransparent(all)
    const set = node.prefix.find((each) => each.type === 'Assignment')
    const opaque = set?.type === 'Assignment' ? setting(set.name) : opacityOf(words)
    this.commands.push({ text: this.#textOf(node), words, ...(opaque && { opaque }) })
  }

  #redirect({ operator, target, ...node }: Node<'Redirect'>): void {
    if (!target) throw new Unreadable('a redirection leads nowhere')
    const word = wordOf(target)
    if (/^[<>]&$/.test(operator) && word.fixed && /^(\d+-?|-)$/.test(word.value)) return
    if (word.fixed && STREAMS.has(word.value)) return
    if (!word.fixed || /^\/dev\/(tcp|udp)\//.test(word.value))
      this.#opaque({ ...node, ...target }, { reason: 'where it leads is known only when it runs' })
    if (operator !== '<') this.redirections.push({ access: 'write', target: word })
    if (operator === '<' || operator === '<>' || operator === '<&')
      this.redirections.push({ access: 'read', target: word })
  }

  #expansion(node: Node<'ParameterExpansion'>): void {
    const { operation, parameter, index } = node
    if (index && !/^(\d+|[@*])$/.test(index.text)) this.#opaque(node, COMPUTED)
    if (!operation) return
    if (operation.type === 'Transform' && operation.operand.text !== 'Q')
      this.#opaque(node, { reason: 'it expands twice' })
    if (operation.type === 'Unknown') this.#opaque(node, { reason: 'an expansion is not known' })
    if (operation.type === 'Slice' && !isNumbers(operation)) this.#opaque(node, COMPUTED)
    if (operation.type === 'Default' && operation.operator.endsWith('=') && !isOrdinary(parameter))
      this.#opaque(node, setting(parameter))
  }

  #opaque(node: { readonly pos: number; readonly end: number }, opaque: Opaque): void {
    this.commands.push({ text: this.#textOf(node), words: [], opaque })
  }

  /** What stands in escaped backticks has positions of its own: there the whole line is shown. */
  #textOf({ pos, end }: { readonly pos: number; readonly end: number }): string {
    return this.#text.slice(pos, end).trim() || this.#text
  }
}

const COMPUTED: Opaque = { reason: 'a computation may start what a variable says' }
const COMPARED = new Set(['-eq', '-ne', '-lt', '-le', '-gt', '-ge'])
const STREAMS = new Set(['/dev/null', '/dev/stdin', '/dev/stdout', '/dev/stderr'])

function setting(name: string): Opaque {
  return { reason: `it sets the variable ${name}` }
}

function isNumbers({ offset, length }: { offset: { text: string }; length: { text: string } | undefined }): boolean {
  return [offset, ...(length ? [length] : [])].every(({ text }) => /^\s*-?\d+$/.test(text))
}

/** `nohup time command git push` is `git push`. With options it is judged as what it is. */
function withoutTransparent(words: readonly Word[]): readonly Word[] {
  const [first, second, third] = words
  if (!first?.fixed || !second) return words
  if (TRANSPARENT.has(first.value) && !second.value.startsWith('-')) return withoutTransparent(words.slice(1))
  const isTimed = first.value === 'timeout' && second.fixed && /^\d+(\.\d+)?[smhd]?$/.test(second.value) && third
  return isTimed ? withoutTransparent(words.slice(2)) : words
}

/** What an opaque command may start: what its words say from any of them on, and what any of them is as a script. */
function startedBy({ words, text }: SimpleCommand, nested: number): SimpleCommand[] {
  const found = words.slice(1, MAX_COMMANDS).flatMap(({ value, fixed }, before) => {
    const rest = words.slice(before + 1)
    const itself = value.startsWith('-') ? [] : [{ text, words: rest }]
    if (!fixed || nested >= MAX_SCRIPTS || !/[\s;&|<>()$`=]/.test(value)) return itself
    const script = read(/^-+[\w-]+=/.test(value) ? value.slice(value.indexOf('=') + 1) : value, nested + 1)
    return [...itself, ...script.commands, ...script.suspects]
  })
  return found.slice(0, MAX_COMMANDS)
}

/** The program of a command, by its name alone. */
export function programIn({ words }: Pick<SimpleCommand, 'words'>): string | undefined {
  return words[0]?.fixed ? programOf(words[0]) : undefined
}
