/** What a model wrote between the tags of a call, or in place of an answer, as calls. */
import * as z from 'zod';
import { ToolCall, type ToolDefinition } from '../protocol/chat.ts';
import { objectsIn, parseModelJson } from './modelJson.ts';

/** A call that has no id yet. */
type BareCall = Pick<ToolCall, 'name' | 'arguments'>;

export type CallReading =
  | { readonly kind: 'calls'; readonly calls: readonly BareCall[] }
  | { readonly kind: 'unknownTool'; readonly name: string }
  | { readonly kind: 'notACall' };

const Arguments = ToolCall.shape.arguments;
/** OpenAI's form has the arguments as a string of JSON. */
const Values = z.union([
  Arguments,
  z
    .string()
    .transform((text) => parseModelJson(text, false))
    .pipe(Arguments),
]);
const NamedCall = z
  .object({ name: z.string(), arguments: Values.optional(), parameters: Values.optional() })
  .transform((call) => ({
    name: call.name,
    arguments: call.arguments ?? call.parameters ?? {},
  }));
const JsonCall = z.union([
  NamedCall,
  z.object({ function: NamedCall }).transform((call) => call.function),
]);
const JsonCalls = z.union([JsonCall.transform((call) => [call]), z.array(JsonCall).min(1)]);

/**
 * Reads one call or several, in JSON or in the XML of Qwen3-Coder. Never throws.
 * @param isWhole the model has ended it: only then are slips mended, or a call that was cut off would
 * be made with half of its arguments
 */
export function readCalls(
  text: string,
  tools: readonly ToolDefinition[],
  isWhole: boolean,
): CallReading {
  const body = text.trim().replace(/^```\w*\s*([^]*?)\s*```$/u, '$1');
  const found = body.startsWith('<function=') ? xmlCalls(body, tools) : jsonCalls(body, isWhole);
  if (found === undefined) return { kind: 'notACall' };
  const calls: BareCall[] = [];
  for (const call of found) {
    const tool = findTool(call.name, tools);
    if (tool === undefined) return { kind: 'unknownTool', name: call.name };
    calls.push({ name: tool.name, arguments: call.arguments });
  }
  return { kind: 'calls', calls };
}

/** Models forget a prefix or the case of a name; one that fits two tools fits none. */
export function findTool(
  name: string,
  tools: readonly ToolDefinition[],
): ToolDefinition | undefined {
  const exact = tools.find((tool) => tool.name === name);
  if (exact) return exact;
  const plain = (text: string): string => text.replace(/^functions?\./u, '').toLowerCase();
  const [similar, another] = tools.filter((tool) => plain(tool.name) === plain(name));
  return another === undefined ? similar : undefined;
}

function jsonCalls(body: string, isWhole: boolean): BareCall[] | undefined {
  const whole = JsonCalls.safeParse(parseModelJson(body, isWhole));
  if (whole.success) return whole.data;
  const calls = objectsIn(body)?.map((part) => JsonCall.safeParse(parseModelJson(part, isWhole)));
  if (calls === undefined || calls.length === 0) return undefined;
  return calls.every((call) => call.success) ? calls.map((call) => call.data) : undefined;
}

function xmlCalls(body: string, tools: readonly ToolDefinition[]): BareCall[] | undefined {
  const calls = [...body.matchAll(/<function=([^>]+)>([^]*?)<\/function>/gu)];
  if (calls.length === 0) return undefined;
  return calls.map(([, name = '', inside = '']) => {
    const types = propertyTypes(findTool(name, tools));
    const values = [...inside.matchAll(/<parameter=([^>]+)>\n?([^]*?)\n?<\/parameter>/gu)];
    return {
      name,
      arguments: Object.fromEntries(
        values.map(([, key = '', value = '']) => [key, typedValue(value, types.get(key))]),
      ),
    };
  });
}

const Properties = z.looseObject({
  properties: z.record(z.string(), z.looseObject({ type: z.unknown() })),
});

function propertyTypes(tool: ToolDefinition | undefined): Map<string, unknown> {
  const { data } = Properties.safeParse(tool?.parameters);
  return new Map(Object.entries(data?.properties ?? {}).map(([key, { type }]) => [key, type]));
}

/** XML has text only; what the schema doesn't call a string is JSON if it can be. */
function typedValue(text: string, type: unknown): ToolCall['arguments'][string] {
  if (type === 'string') return text;
  const value = z.json().safeParse(parseModelJson(text, false));
  return value.success ? value.data : text;
}
