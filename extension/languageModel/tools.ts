/** The tools that VS Code offers, as the backend takes them. */
import type { LanguageModelChatTool } from 'vscode';
import { ToolDefinition } from '../../backend/protocol/chat.ts';

/** Of the protocol, see ChatParams. */
const MAX_TOOLS = 128;
const MAX_DESCRIPTION = 16_384;

/** Ours, as the manifest names them. */
const OWN_TOOL = /^tpu[-_]?pilot/i;

/**
 * What work on code cannot do without, of the 40 tools that VS Code 1.139 offers in Agent mode. A
 * small context has room for about ten.
 */
const ESSENTIAL: readonly string[] = [
  'read_file',
  'replace_string_in_file',
  'create_file',
  'grep_search',
  'file_search',
  'list_dir',
  'run_in_terminal',
  'get_errors',
  'get_changed_files',
];

/**
 * Most wanted first, for the backend leaves out from the end what doesn't fit: ours, the essential
 * ones, then the rest in the order given. The same tools always come in the same order, so that the
 * prompt begins alike and its KV cache is found. What the protocol refuses is left out.
 */
export function orderedTools(tools: readonly LanguageModelChatTool[]): ToolDefinition[] {
  return tools
    .map((tool) => ({ tool, rank: rankOf(tool.name) }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ tool }) => definitionOf(tool))
    .filter((definition) => definition !== undefined)
    .slice(0, MAX_TOOLS);
}

/** A schema that is no JSON costs the tool its schema only. */
function definitionOf(tool: LanguageModelChatTool): ToolDefinition | undefined {
  const plain = { name: tool.name, description: tool.description.slice(0, MAX_DESCRIPTION) };
  const whole = ToolDefinition.safeParse({ ...plain, parameters: tool.inputSchema });
  return whole.data ?? ToolDefinition.safeParse(plain).data;
}

function rankOf(name: string): number {
  if (OWN_TOOL.test(name)) return -1;
  const place = ESSENTIAL.indexOf(name);
  return place < 0 ? ESSENTIAL.length : place;
}
