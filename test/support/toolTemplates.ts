/**
 * Small chat templates of the forms that models with tools have, written from the documented formats:
 * Hermes' tags with JSON (Qwen2.5, Qwen3), tags with XML (Qwen3-Coder), JSON alone (Llama 3).
 */
import type { ToolDefinition } from '../../backend/protocol/chat.ts';

export const readFile: ToolDefinition = {
  name: 'read_file',
  description: 'Reads a file.',
  parameters: {
    type: 'object',
    properties: { path: { type: 'string' }, line: { type: 'number' } },
    required: ['path'],
  },
};
export const listFiles: ToolDefinition = { name: 'list_files', description: 'Lists a folder.' };

const opening = "{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}";

/** As Qwen3's: tools in the system turn, answers of tools in a user turn, thinking on request. */
export const hermesTemplate = [
  '{%- if tools %}',
  "{{- '<|im_start|>system\\n' }}",
  "{%- if messages[0].role == 'system' %}{{- messages[0].content + '\\n\\n' }}{%- endif %}",
  "{{- '# Tools\\n<tools>' }}",
  "{%- for tool in tools %}{{- '\\n' }}{{- tool | tojson }}{%- endfor %}",
  '{{- \'\\n</tools>\\nAnswer with <tool_call>\\n{"name": <name>, "arguments": <object>}\\n</tool_call><|im_end|>\\n\' }}',
  "{%- elif messages[0].role == 'system' %}",
  "{{- '<|im_start|>system\\n' + messages[0].content + '<|im_end|>\\n' }}",
  '{%- endif %}',
  '{%- for message in messages %}',
  "{%- if message.role == 'user' or (message.role == 'system' and not loop.first) %}",
  "{{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}",
  "{%- elif message.role == 'assistant' %}",
  "{{- '<|im_start|>assistant\\n' + message.content }}",
  '{%- for call in message.tool_calls or [] %}',
  '{{- \'\\n<tool_call>\\n{"name": "\' + call.function.name + \'", "arguments": \' }}',
  "{{- call.function.arguments | tojson }}{{- '}\\n</tool_call>' }}",
  '{%- endfor %}',
  "{{- '<|im_end|>\\n' }}",
  "{%- elif message.role == 'tool' %}",
  "{{- '<|im_start|>user\\n<tool_response>\\n' + message.content + '\\n</tool_response><|im_end|>\\n' }}",
  '{%- endif %}',
  '{%- endfor %}',
  opening,
  '{%- if add_generation_prompt and enable_thinking is defined and enable_thinking is false %}',
  "{{- '<think>\\n\\n</think>\\n\\n' }}",
  '{%- endif %}',
].join('');

/** As Llama 3's: one call in a turn, JSON and nothing else. */
export const bareJsonTemplate = [
  '{%- for message in messages %}',
  '{%- if message.tool_calls %}',
  '{%- if message.tool_calls | length != 1 %}',
  "{{- raise_exception('This model takes one call in a turn') }}",
  '{%- endif %}',
  '{%- set call = message.tool_calls[0].function %}',
  '{{- \'<|im_start|>assistant\\n{"name": "\' + call.name + \'", "parameters": \' }}',
  "{{- call.arguments | tojson }}{{- '}<|im_end|>\\n' }}",
  '{%- else %}',
  "{{- '<|im_start|>' + message.role + '\\n' }}",
  "{%- if loop.first and tools %}{{- tools | tojson + '\\n' }}{%- endif %}",
  "{{- message.content + '<|im_end|>\\n' }}",
  '{%- endif %}',
  '{%- endfor %}',
  opening,
].join('');

/** As Qwen3-Coder's, as far as its form of calls is concerned. */
export const xmlTemplate = hermesTemplate.replace(
  '{"name": <name>, "arguments": <object>}',
  '<function=name><parameter=key>value</parameter></function>',
);
