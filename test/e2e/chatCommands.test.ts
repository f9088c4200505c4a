/** The slash commands of `@tpu` with the real model: it rambles, so nothing here is about its words. */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { ChatView } from '../support/editor/chatView.ts';
import { screenshots } from '../support/editor/session.ts';
import { describeEditor } from '../support/editor/suite.ts';

/** Where the commands are tried: a function of the sample workspace. */
const FILE = 'ringBuffer.ts';
const LINE_IN_PUSH = 22;

const settings = { 'tpuPilot.chat.maxTokens': 60 };

describeEditor(
  'chatCommands',
  (suite) => {
    for (const command of ['explain', 'fix', 'tests', 'doc']) {
      suite.it(`answers /${command} about the function at the cursor`, async () => {
        const { window } = suite;
        await window.openFile(FILE);
        await window.goTo(LINE_IN_PUSH, 5);
        const chat = new ChatView(window);
        await chat.startOver();
        await chat.ask(`@tpu /${command} please`);
        await chat.ended();
        expect(await chat.problem()).toBeUndefined();
        expect((await chat.text()).length).toBeGreaterThan(0);
        expect(await chat.references()).toEqual([expect.stringContaining(FILE)]);
        expect((await chat.followups()).length).toBe(2);
        await window.screenshot(screenshots, `chat-${command}`);
      });
    }

    suite.it('asks what a follow-up says', async () => {
      const chat = new ChatView(suite.window);
      const [label = ''] = await chat.followups();
      await chat.chooseFollowup(label);
      await chat.ended();
      expect(await chat.problem()).toBeUndefined();
      expect((await chat.text()).length).toBeGreaterThan(0);
    });

    suite.it('says which attachments have vanished, and answers', async () => {
      const { window, session } = suite;
      const gone = join(session.workspace, 'gone.ts');
      await writeFile(gone, 'export const gone = 1;\n');
      const chat = new ChatView(window);
      await chat.startOver();
      await window.openFile('gone.ts');
      await chat.attachActiveFile('gone.ts');
      await window.runCommand('View: Close Editor');
      await rm(gone);
      await chat.ask('@tpu What is in this file?');
      await chat.ended();
      expect(await chat.text()).toContain('gone.ts (cannot be read)');
      expect(await chat.problem()).toBeUndefined();
    });

    suite.it('says so when there is no code to look at', async () => {
      const { window } = suite;
      await window.runCommand('View: Close All Editors');
      const chat = new ChatView(window);
      await chat.startOver();
      await chat.ask('@tpu /explain ');
      await chat.ended();
      expect(await chat.text()).toContain('There is no code to look at.');
    });
  },
  settings,
);
