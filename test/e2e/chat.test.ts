import { expect } from 'vitest';
import { ChatView } from '../support/editor/chatView.ts';
import { metric } from '../support/editor/metrics.ts';
import { screenshots } from '../support/editor/session.ts';
import { describeEditor } from '../support/editor/suite.ts';

describeEditor('chat', (suite) => {
  suite.it('streams the answer of @tpu and ends it', async () => {
    const chat = new ChatView(suite.window);
    await chat.startOver();
    // A story is long however it is sampled; a list may end after its first word.
    await chat.ask('@tpu Tell me a story about a fisherman, his wife and a golden fish.');
    await chat.started();
    const lengths = await chat.lengthsUntilEnd();
    await chat.ended();
    expect(lengths.length, 'the answer arrives piece by piece').toBeGreaterThan(3);
    expect(lengths).toEqual(lengths.toSorted((a, b) => a - b));
    await suite.window.screenshot(screenshots, 'chat');

    await using client = await suite.session.connect();
    const { text } = await client.request('metrics/snapshot', null);
    const answered = { class: 'chat', outcome: 'ok' };
    const cut = { class: 'chat', outcome: 'length' };
    const requests = 'tpu_pilot_requests_total';
    expect(metric(text, requests, answered) + metric(text, requests, cut)).toBe(1);
  });

  suite.it('stops the device no later than one step after a cancel', async () => {
    const chat = new ChatView(suite.window);
    await chat.startOver();
    await chat.ask('@tpu Tell me a very long story about a lighthouse keeper and the sea.');
    await chat.started();
    await chat.stop();
    await chat.ended();
    expect((await chat.text()).length).toBeGreaterThan(0);

    await using client = await suite.session.connect();
    const { text } = await client.request('metrics/snapshot', null);
    const cancelled = { class: 'chat', outcome: 'abort' };
    expect(metric(text, 'tpu_pilot_requests_total', cancelled)).toBe(1);
    expect(metric(text, 'tpu_pilot_abort_steps_count')).toBe(1);
    expect(metric(text, 'tpu_pilot_abort_steps_bucket', { le: '1' })).toBe(1);
    const status = await client.request('backend/status', null);
    expect(status.running).toBe(0);
  });

  suite.it('answers a second question with the first in mind', async () => {
    const chat = new ChatView(suite.window);
    await chat.startOver();
    await chat.ask('@tpu My cat is called Minka. Say hello to my cat.');
    await chat.ended();
    await chat.ask('@tpu What is my cat called?');
    await chat.ended();

    await using client = await suite.session.connect();
    const { text } = await client.request('metrics/snapshot', null);
    // The conversation so far is not computed again.
    expect(metric(text, 'tpu_pilot_prefill_cached_tokens_total')).toBeGreaterThan(20);
  });
});
