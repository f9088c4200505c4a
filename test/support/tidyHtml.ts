/** HTML without the white space that means nothing, so that tests can look for parts of it. */
export function tidy(html: { toString(): string }): string {
  return html
    .toString()
    .replace(/\s+/g, ' ')
    .replace(/ ?(\/?>) ?/g, '$1')
    .replace(/ </g, '<');
}
