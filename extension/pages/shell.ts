/** The document around a page. */
import { html, type Html } from './html.ts';

export interface Shell {
  /** What the editor serves the files of an extension from. */
  readonly source: string;
  readonly script: string;
  readonly style: string;
  readonly nonce: string;
  /** As HTML names it, e.g. `zh-cn`. */
  readonly language: string;
  readonly title: string;
  readonly body: Html;
}

/** No network, no inline code or styles, no forms that go anywhere. */
function contentPolicy({ source, nonce }: Shell): string {
  return [
    "default-src 'none'",
    `style-src ${source}`,
    `script-src 'nonce-${nonce}'`,
    "form-action 'none'",
    "base-uri 'none'",
  ].join('; ');
}

export function documentOf(parts: Shell): string {
  const { language, title, style, script, nonce, body } = parts;
  return html`<!doctype html>
    <html lang="${language}">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${contentPolicy(parts)}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        <link rel="stylesheet" href="${style}" />
      </head>
      <body>
        <main>${body}</main>
        <script nonce="${nonce}" src="${script}"></script>
      </body>
    </html>`.toString();
}
