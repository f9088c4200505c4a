/** The page's form: tells what it holds, remembers it, and shows what is wrong with it. */
import type { FormValues } from '../messages.ts';
import { remember, remembered, tell } from './host.ts';

/** Long enough that a number can be typed. */
const QUIET_MS = 400;

type Field = HTMLInputElement | HTMLSelectElement;

function fieldsOf(form: HTMLFormElement): Field[] {
  return [...form.querySelectorAll<Field>('input[name], select[name]')];
}

function valuesOf(form: HTMLFormElement): FormValues {
  const values: Record<string, string | boolean> = {};
  for (const field of fieldsOf(form)) {
    if (field.type === 'checkbox') values[field.name] = field.checked;
    else if (field.type !== 'radio') values[field.name] = field.value;
    else if (field.checked) values[field.name] = field.value;
  }
  return values;
}

function fill(form: HTMLFormElement, values: Readonly<Record<string, unknown>>): void {
  for (const field of fieldsOf(form)) {
    const value = values[field.name];
    if (field instanceof HTMLInputElement && field.type === 'checkbox') {
      if (typeof value === 'boolean') field.checked = value;
    } else if (field instanceof HTMLInputElement && field.type === 'radio') {
      if (typeof value === 'string') field.checked = field.value === value;
    } else if (typeof value === 'string') field.value = value;
  }
}

function find(form: HTMLFormElement, name: string): Field[] {
  return fieldsOf(form).filter((field) => field.name === name);
}

export class PageForm {
  private timer: number | undefined;

  constructor(private readonly form: HTMLFormElement) {
    const { values } = remembered();
    if (typeof values === 'object' && values !== null) fill(form, { ...values });
    form.addEventListener('input', () => this.changed());
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.send(true);
    });
    this.send(false);
  }

  set(name: string, value: string): void {
    for (const field of find(this.form, name)) field.value = value;
    this.changed();
  }

  showErrors(errors: Readonly<Record<string, string>>, hasFocus: boolean): void {
    for (const field of fieldsOf(this.form)) {
      const error = errors[field.name];
      const place = document.getElementById(`${field.name}-error`);
      if (place) place.textContent = error ?? '';
      if (error === undefined) field.removeAttribute('aria-invalid');
      else field.setAttribute('aria-invalid', 'true');
    }
    const [first] = fieldsOf(this.form).filter(({ name }) => name in errors);
    if (!first || !hasFocus) return;
    // It may be folded away.
    first.closest('details')?.setAttribute('open', '');
    first.focus();
  }

  private changed(): void {
    remember({ values: valuesOf(this.form) });
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.send(false), QUIET_MS);
  }

  private send(isSubmitted: boolean): void {
    window.clearTimeout(this.timer);
    tell({ type: 'form', values: { ...valuesOf(this.form) }, isSubmitted });
  }
}
