// What most skeletons look like, for compression: a part of one that stands here costs two or three bytes. Rows refer to it, so
// it is never changed: another one gets a byte of its own in `packing.ts`. What is most frequent stands last.
const MESSAGES = [
  '"response_metadata":{"model_provider":"anthropic","model":"claude-","id":"msg_","stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":',
  '"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":',
  '"response_metadata":{"model_provider":"openai","model_name":"gpt-","finish_reason":"stop","system_fingerprint":"fp_","tokenUsage":{"promptTokens":',
  '"completionTokens":,"totalTokens":,"estimatedTokenUsage":{',
  '"usage_metadata":{"input_tokens":,"output_tokens":,"total_tokens":,"input_token_details":{"cache_read":0,"cache_creation":0},"output_token_details":{"reasoning":0}}',
  '{"$deputy":"message","of":["SystemMessage",{"content":"',
  '{"$deputy":"message","of":["AIMessageChunk",{"content":"","tool_call_chunks":[]',
  '{"$deputy":"message","of":["RemoveMessage",{"id":"',
  '{"$deputy":"message","of":["ToolMessage",{"status":"success","content":{"$deputy":"at","of":},"name":"","tool_call_id":"call_","additional_kwargs":{},"response_metadata":{},"id":"',
  '"tool_calls":[{"name":"","args":{"":""},"id":"call_","type":"tool_call"}],"invalid_tool_calls":[],',
  '"content":[{"type":"text","text":{"$deputy":"at","of":',
  '{"role":"user","content":{"$deputy":"at","of":',
  '{"$deputy":"message","of":["HumanMessage",{"content":{"$deputy":"at","of":},"additional_kwargs":{},"response_metadata":{},"id":"',
  '{"$deputy":"message","of":["AIMessage",{"content":{"$deputy":"at","of":},"tool_calls":[],"invalid_tool_calls":[],"additional_kwargs":{},"response_metadata":{},"id":"'
]
const BODIES = [
  '["~__pregel_push, ["~__pregel_pull, __start__",[',
  '["~__pregel_pull, agent",[',
  '{"v":4,"ts":"20-:.Z","versions":{"__start__":,"messages":,"branch:to:agent":,"branch:to:tools":},',
  '"seen":{"__input__":{},"__start__":{"__start__":},"agent":{"branch:to:agent":},"tools":{"branch:to:tools":}},',
  '"values":[["messages",{"$deputy":"list","of":[{"$deputy":"rows","of":[1,]}]}],["__pregel_tasks",[]],["branch:to:agent",null]],',
  '"metadata":{"source":"input","step":-1,"parents":{}}}',
  '"metadata":{"source":"loop","step":,"parents":{}}}'
]

export const DICTIONARY = Buffer.from([...BODIES, ...MESSAGES].join(''))
