/** What runs in a page: it passes on what is pressed and shows what it is told. */
import { PageForm } from './form.ts';
import { onTold, tell } from './host.ts';
import { startTables } from './tables.ts';

startTables();
const element = document.querySelector<HTMLFormElement>('form[data-form]');
const form = element && new PageForm(element);

document.addEventListener('click', ({ target }) => {
  const button = target instanceof Element ? target.closest<HTMLElement>('[data-action]') : null;
  const { action, value } = button?.dataset ?? {};
  if (action !== undefined) {
    tell({ type: 'action', action, ...(value !== undefined && { value }) });
  }
});

onTold((message) => {
  switch (message.type) {
    case 'region': {
      const region = document.getElementById(message.id);
      if (!region) return;
      // Made by the extension, which escapes what it puts in; the policy forbids code in it.
      region.innerHTML = message.html;
      if (message.hasFocus === true) region.focus();
      return;
    }
    case 'errors':
      form?.showErrors(message.errors, message.hasFocus);
      return;
    case 'field':
      form?.set(message.name, message.value);
      return;
    default:
      message satisfies never;
  }
});
