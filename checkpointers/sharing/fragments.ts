// Short JSON, made shorter: what most of it consists of stands in it as one character. JSON has no control characters of its own.
// To read it back takes a hundredth of what zlib needs to be set up.

/** Rows refer to them by their places, so none is ever changed or moved; there is room for one more. */
const FRAGMENTS = [
  '{"$deputy":"message","of":["HumanMessage",{',
  '{"$deputy":"message","of":["AIMessage",{',
  '{"$deputy":"message","of":["ToolMessage",{',
  '{"$deputy":"message","of":["SystemMessage",{',
  '{"$deputy":"message","of":["',
  '"content":{"$deputy":"at","of":',
  '"content":',
  '{"$deputy":"at","of":',
  '{"$deputy":"members","of":[',
  '{"$deputy":"record","of":[',
  '{"$deputy":"list","of":[',
  '{"$deputy":"undefined"}',
  '"additional_kwargs":{},"response_metadata":{},',
  '"additional_kwargs":{',
  '"response_metadata":{',
  '"tool_calls":[],"invalid_tool_calls":[],',
  '"tool_calls":[{"name":"',
  '"type":"tool_call"}],',
  '"invalid_tool_calls":[]',
  '"tool_call_id":"',
  '"usage_metadata":{"input_tokens":',
  ',"output_tokens":',
  ',"total_tokens":',
  ',"input_token_details":{',
  '"output_token_details":{',
  '"status":"success"',
  '"name":"',
  '"id":"',
  '"args":{',
  '{"type":"text","text":'
] as const

const CHARACTER_OF: ReadonlyMap<string, string> = new Map(
  FRAGMENTS.map((text, at) => [text, String.fromCharCode(at + 1)])
)
/** The longer of two that begin alike is found first. */
const ANY_FRAGMENT = new RegExp(FRAGMENTS.map((text) => text.replace(/[{}[\]$]/g, '\\$&')).join('|'), 'g')
export function shortened(json: string): string {
  return json.replace(ANY_FRAGMENT, (fragment) => CHARACTER_OF.get(fragment)!)
}

/** By hand: a regular expression takes several times as long, and thousands of rows are read at once. */
export function lengthened(text: string): string {
  let all = ''
  let from = 0
  for (let at = 0; at < text.length; at++) {
    const fragment = FRAGMENTS[text.charCodeAt(at) - 1]
    if (fragment === undefined) continue
    all += text.slice(from, at) + fragment
    from = at + 1
  }
  return all + text.slice(from)
}
