/** A zod schema as text for people, in the notation of TypeScript's types. */
import * as z from 'zod';

type JsonSchema = z.core.JSONSchema.BaseSchema;

/** `io` says from which side: what a sender may write, or what a reader gets. */
export function schemaText(schema: z.ZodType, io: 'input' | 'output'): string {
  return typeText(z.toJSONSchema(schema, { io, unrepresentable: 'any' }), '');
}

function typeText(schema: JsonSchema | boolean, indent: string): string {
  if (typeof schema === 'boolean') return 'unknown';
  const union = schema.anyOf ?? schema.oneOf;
  if (union) return union.map((one) => typeText(one, indent)).join(' | ');
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (Array.isArray(schema.type)) return schema.type.join(' | ');
  switch (schema.type) {
    case 'object':
      return objectText(schema, indent);
    case 'array':
      return arrayText(schema, indent);
    case 'integer':
      return 'integer';
    case 'number':
    case 'string':
    case 'boolean':
    case 'null':
      return schema.type;
    default:
      return 'unknown';
  }
}

function arrayText(schema: JsonSchema, indent: string): string {
  const items = schema.items;
  const item = items === undefined || Array.isArray(items) ? 'unknown' : typeText(items, indent);
  return item.includes(' | ') && !item.startsWith('{') ? `(${item})[]` : `${item}[]`;
}

function objectText(schema: JsonSchema, indent: string): string {
  const properties = Object.entries(schema.properties ?? {});
  if (properties.length === 0) return '{}';
  const inner = `${indent}  `;
  const required = new Set(schema.required);
  const lines = properties.map(([name, value]) => {
    const mark = required.has(name) ? '' : '?';
    return `${inner}${name}${mark}: ${typeText(value, inner)};${limitsText(value)}`;
  });
  return `{\n${lines.join('\n')}\n${indent}}`;
}

/** Bounds and defaults, as a comment. Integers that fit a double are no bound worth naming. */
function limitsText(schema: JsonSchema | boolean): string {
  if (typeof schema === 'boolean') return '';
  const { minimum, maximum, exclusiveMinimum, minLength, maxLength, minItems, maxItems, pattern } =
    schema;
  const parts = [
    minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER && `from ${minimum}`,
    exclusiveMinimum !== undefined && `above ${exclusiveMinimum}`,
    maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER && `to ${maximum}`,
    minLength !== undefined && `at least ${minLength} long`,
    maxLength !== undefined && `at most ${maxLength} long`,
    minItems !== undefined && `at least ${minItems}`,
    maxItems !== undefined && `at most ${maxItems}`,
    pattern !== undefined && `matches ${pattern}`,
    schema.default !== undefined && `default ${JSON.stringify(schema.default)}`,
  ].filter((part) => part !== false);
  return parts.length > 0 ? ` // ${parts.join(', ')}` : '';
}
