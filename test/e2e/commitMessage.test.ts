/** Commit messages for a real repository, with the real model. */
import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { ChatView } from '../support/editor/chatView.ts';
import { screenshots, type EditorSession } from '../support/editor/session.ts';
import { SourceControlView } from '../support/editor/sourceControl.ts';
import { describeEditor } from '../support/editor/suite.ts';
import { run } from '../support/run.ts';

/** Runs git in the workspace as somebody, whatever the machine's settings are. */
async function git(session: EditorSession, ...args: string[]): Promise<void> {
  const identity = ['-c', 'user.name=Test', '-c', 'user.email=test@localhost'];
  await run('git', [...identity, ...args], { cwd: session.workspace, timeoutMs: 20_000 });
}

describeEditor('commitMessage', (suite) => {
  suite.it('the button of the source control view fills the box', async () => {
    const { window, session } = suite;
    await git(session, 'init', '--initial-branch', 'main');
    await git(session, 'add', '.');
    await git(session, 'commit', '--message', 'Add a playground');
    await appendFile(join(session.workspace, 'README.md'), '\nOne more line.\n');
    await git(session, 'add', 'README.md');
    const view = new SourceControlView(window);
    await view.show();
    await view.change('README.md').waitFor();
    await window.screenshot(screenshots, 'commit-button');
    await view.press('Write Commit Message');
    await expect.poll(() => view.message(), { timeout: 60_000 }).toMatch(/\w/);
    await window.screenshot(screenshots, 'commit-message');
    const [subject = ''] = (await view.message()).split('\n');
    expect(subject.length).toBeLessThanOrEqual(72);
  });

  suite.it('a message that was there can be had back', async () => {
    const { window } = suite;
    const view = new SourceControlView(window);
    await view.type('My own words');
    await window.runCommand('TPU Pilot: Write Commit Message');
    const replaced = window.notification('The commit message was replaced.');
    // The editor tells extensions of typed text a moment later, which may be after the command.
    const early = window.notification('You have typed a commit message meanwhile.');
    await replaced.or(early).first().waitFor();
    if (await early.isVisible()) await early.getByRole('button', { name: 'Replace' }).click();
    await replaced.waitFor();
    await replaced.getByRole('button', { name: 'Undo' }).click();
    await expect.poll(() => view.message(), { timeout: 20_000 }).toBe('My own words');
  });

  suite.it('/commit shows the message and puts it into the box', async () => {
    const { window, session } = suite;
    await writeFile(join(session.workspace, '.env'), 'PASSWORD=1\n');
    await git(session, 'add', '--force', '.env');
    const view = new SourceControlView(window);
    await view.type('');
    const chat = new ChatView(window);
    await chat.startOver();
    await chat.ask('@tpu /commit please');
    await chat.ended();
    expect(await chat.problem()).toBeUndefined();
    expect(await chat.text()).toContain('Not sent: .env');
    expect(await chat.references()).toEqual([expect.stringContaining('README.md')]);
    await window.screenshot(screenshots, 'chat-commit');
    await chat.button('Use as Commit Message').click();
    await expect.poll(() => view.message(), { timeout: 20_000 }).toMatch(/\w/);
  });
});
