/** The agent files say what the manifest and the code rely on. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { AGENT_NAME, agentLanguage } from '../../../extension/nativeChat/agent.ts';

const Manifest = z.looseObject({
  publisher: z.string(),
  name: z.string(),
  contributes: z.looseObject({
    chatAgents: z.array(z.object({ path: z.string(), when: z.string() })),
    languageModelTools: z.array(z.looseObject({ toolReferenceName: z.string() })),
  }),
});

const manifest = Manifest.parse(JSON.parse(readFileSync('package.json', 'utf8')));
const { chatAgents, languageModelTools } = manifest.contributes;
const agents = chatAgents.map(({ path, when }) => ({ when, text: readFileSync(path, 'utf8') }));

const toolsOf = (text: string): string[] =>
  Array.from(text.matchAll(/^ {2}- (\S+)$/gm), ([, name = '']) => name);

test('each language has one agent, under the same name and with the same tools', () => {
  const whens = ['en', 'zh-cn'].map((language) => `tpuPilot.agentLanguage == '${language}'`);
  expect(agents.map(({ when }) => when)).toEqual(whens);
  for (const { text } of agents) expect(text).toContain(`\nname: ${AGENT_NAME}\n`);
  expect(toolsOf(agents[1]?.text ?? '')).toEqual(toolsOf(agents[0]?.text ?? ''));
  expect(agents[1]?.text).toMatch(/^description: .*设备/m);
});

test('it has our tools, and few others', () => {
  const tools = toolsOf(agents[0]?.text ?? '');
  const ours = languageModelTools.map(
    ({ toolReferenceName }) => `${manifest.publisher}.${manifest.name}/${toolReferenceName}`,
  );
  expect(tools).toEqual(expect.arrayContaining(ours));
  // Each costs the model some hundred tokens of its context.
  expect(tools.length).toBeLessThan(10);
});

test.each([
  ['zh-cn', 'zh-cn'],
  ['zh-CN', 'zh-cn'],
  ['zh-tw', 'en'],
  ['en', 'en'],
  ['de', 'en'],
])('%s is answered in %s', (language, expected) => {
  expect(agentLanguage(language)).toBe(expected);
});
