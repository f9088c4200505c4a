/** Tools and their calls in the forms that chat templates expect, and in words for those that don't. */
import type { ChatMessage, ToolCall, ToolDefinition } from '../protocol/chat.ts';

type Json = ToolCall['arguments'][string];

/** How a model writes its calls: JSON in tags, XML in tags, or nothing but JSON. */
export type ToolStyle = 'taggedJson' | 'taggedXml' | 'bareJson';

/** By what the template shows the model; undefined when it has no place for tools. */
export function toolStyleOf(template: string | undefined): ToolStyle | undefined {
  if (template === undefined || !/\btools\b/.test(template)) return undefined;
  if (template.includes('<function=')) return 'taggedXml';
  return template.includes('<tool_call>') ? 'taggedJson' : 'bareJson';
}

/** What the answer must begin with to be a call; as far as the name when there is one tool only. */
export function callOpening(style: ToolStyle, tools: readonly ToolDefinition[]): string {
  const [only, second] = tools;
  const name = only !== undefined && second === undefined ? only.name : undefined;
  const json = `{"name": "${name === undefined ? '' : `${name}", "`}`;
  switch (style) {
    case 'taggedJson':
      return `<tool_call>\n${json}`;
    case 'taggedXml':
      return `<tool_call>\n<function=${name === undefined ? '' : `${name}>\n`}`;
    case 'bareJson':
      return json;
    default:
      return style satisfies never;
  }
}

/** The same value with every string in it changed, the keys of its objects included. */
function mapStrings(value: Json, change: (text: string) => string): Json {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((item) => mapStrings(item, change));
  if (typeof value !== 'object' || value === null) return value;
  return mapRecord(value, change);
}

function mapRecord(
  record: Readonly<Record<string, Json>>,
  change: (text: string) => string,
): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(record).map(([key, value]) => [change(key), mapStrings(value, change)]),
  );
}

/** Every text of a message that a person, a model or a tool wrote, changed. */
export function mapMessage(message: ChatMessage, change: (text: string) => string): ChatMessage {
  const { toolCalls } = message;
  return {
    ...message,
    content: change(message.content),
    ...(toolCalls === undefined
      ? {}
      : {
          toolCalls: toolCalls.map((call) => ({
            ...call,
            name: change(call.name),
            arguments: mapRecord(call.arguments, change),
          })),
        }),
  };
}

export function mapTool(tool: ToolDefinition, change: (text: string) => string): ToolDefinition {
  const { parameters } = tool;
  return {
    name: change(tool.name),
    description: change(tool.description),
    ...(parameters === undefined ? {} : { parameters: mapRecord(parameters, change) }),
  };
}

/** The message as templates read it, after Hugging Face's chat format. */
export function templateMessage({ role, content, toolCalls, toolCallId }: ChatMessage): object {
  return {
    role,
    content,
    ...(toolCalls === undefined || toolCalls.length === 0
      ? {}
      : {
          tool_calls: toolCalls.map(({ id, name, arguments: values }) => ({
            id,
            type: 'function',
            function: { name, arguments: values },
          })),
        }),
    ...(toolCallId === undefined ? {} : { tool_call_id: toolCallId }),
  };
}

export function templateTool({ name, description, parameters }: ToolDefinition): object {
  const schema = parameters ?? { type: 'object', properties: {} };
  return { type: 'function', function: { name, description, parameters: schema } };
}

/** Ids as strict templates want them, of nine letters and digits, the same in every rendering. */
export function numberCalls(messages: readonly ChatMessage[]): ChatMessage[] {
  const numbers = new Map<string, string>();
  const numberOf = (id: string): string => {
    const number = numbers.get(id) ?? `call${String(numbers.size).padStart(5, '0')}`;
    numbers.set(id, number);
    return number;
  };
  return messages.map((message) => ({
    ...message,
    ...(message.toolCalls && {
      toolCalls: message.toolCalls.map((call) => ({ ...call, id: numberOf(call.id) })),
    }),
    ...(message.toolCallId !== undefined && { toolCallId: numberOf(message.toolCallId) }),
  }));
}

/** Several calls of one turn as turns of one call each, every one followed by its answer. */
export function oneCallPerTurn(messages: readonly ChatMessage[]): ChatMessage[] {
  const answers = new Map(messages.map((message) => [message.toolCallId, message]));
  const placed = new Set<ChatMessage>();
  return messages.flatMap((message) => {
    if (placed.has(message)) return [];
    const { toolCalls = [] } = message;
    if (toolCalls.length < 2) return [message];
    return toolCalls.flatMap((call, index) => {
      const turn = { ...message, content: index === 0 ? message.content : '', toolCalls: [call] };
      const answer = answers.get(call.id);
      if (answer === undefined) return [turn];
      placed.add(answer);
      return [turn, answer];
    });
  });
}

/** Calls and answers in words, as turns of the assistant and the user. */
export function callsAsText(messages: readonly ChatMessage[]): ChatMessage[] {
  const names = new Map<string, string>();
  return messages.map(({ role, content, toolCalls = [], toolCallId }) => {
    if (role === 'tool') {
      const name = names.get(toolCallId ?? '') ?? 'a tool';
      return { role: 'user', content: `Result of ${name}:\n${content}` };
    }
    for (const { id, name } of toolCalls) names.set(id, name);
    const calls = toolCalls.map(
      ({ name, arguments: values }) => `I asked for ${name} with ${JSON.stringify(values)}.`,
    );
    return { role, content: [content, ...calls].filter((text) => text !== '').join('\n\n') };
  });
}

export function hasToolTurns(messages: readonly ChatMessage[]): boolean {
  return messages.some(({ role, toolCalls }) => role === 'tool' || (toolCalls?.length ?? 0) > 0);
}
