/** Fields of a form: each with its label, why one would choose what, and room for an error. */
import { html, type Html, type HtmlPart } from './html.ts';

interface Field {
  /** Also the start of the ids of its help and its error. */
  readonly name: string;
  readonly label: string;
  readonly help?: string;
}

function described({ name, help }: Field): Html {
  const ids = [...(help === undefined ? [] : [`${name}-help`]), `${name}-error`];
  return html`aria-describedby="${ids.join(' ')}"`;
}

function helpOf({ name, help }: Field): HtmlPart {
  return help !== undefined && html`<div class="muted" id="${name}-help">${help}</div>`;
}

function errorOf({ name }: Field): Html {
  return html`<p class="error" id="${name}-error"></p>`;
}

export interface TextField extends Field {
  readonly value: string;
  readonly placeholder?: string;
  readonly isWide?: boolean;
  readonly suggestions?: readonly string[];
  /** Buttons that fill it. */
  readonly beside?: HtmlPart;
}

export function textField(field: TextField): Html {
  const { name, label, value, placeholder, isWide, suggestions = [], beside } = field;
  const list =
    suggestions.length > 0 &&
    html`<datalist id="${name}-list">
      ${suggestions.map((text) => html`<option value="${text}"></option>`)}
    </datalist>`;
  return html`<div class="field">
    <label for="${name}">${label}</label>
    <div class="row">
      <input
        type="text"
        id="${name}"
        name="${name}"
        value="${value}"
        autocomplete="off"
        spellcheck="false"
        ${described(field)}${
          placeholder !== undefined && html` placeholder="${placeholder}"`
        }${isWide === true && html` class="wide"`}${list && html` list="${name}-list"`}
      />${beside}
    </div>
    ${list} ${helpOf(field)}${errorOf(field)}
  </div>`;
}

export interface Checkbox extends Field {
  readonly isChecked: boolean;
}

export function checkbox(field: Checkbox): Html {
  const { name, label, isChecked } = field;
  return html`<div class="field">
    <div class="choice">
      <input
        type="checkbox"
        id="${name}"
        name="${name}"
        ${described(field)}${isChecked && html` checked`}
      />
      <label for="${name}">${label}</label>${helpOf(field)}
    </div>
    ${errorOf(field)}
  </div>`;
}

export interface Choices extends Field {
  readonly value: string;
  readonly items: readonly {
    readonly value: string;
    readonly label: string;
    readonly help?: string;
  }[];
}

/** One of several, all in sight. */
export function choices(field: Choices): Html {
  const { name, label, items, value } = field;
  const radios = items.map((item) => {
    const id = `${name}-${item.value}`;
    const help =
      item.help !== undefined && html`<div class="muted" id="${id}-help">${item.help}</div>`;
    return html`<div class="choice${item.help === undefined && html` inline`}">
      <input
        type="radio"
        id="${id}"
        name="${name}"
        value="${item.value}"
        ${help && html` aria-describedby="${id}-help"`}${item.value === value && html` checked`}
      /><label for="${id}">${item.label}</label>${help}
    </div>`;
  });
  return html`<fieldset>
    <legend>${label}</legend>
    ${helpOf(field)}${radios}${errorOf(field)}
  </fieldset>`;
}
