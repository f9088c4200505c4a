/**
 * A display language without a marketplace: what VS Code's server writes down when a language pack is
 * installed, for a pack that translates nothing. VS Code's own words stay English; extensions that
 * bring their own translations show them.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * @param userData The folder given to the server as `--user-data-dir`
 * @param language Its identifier as VS Code writes it, such as `zh-cn`
 */
export async function addLanguage(userData: string, language: string): Promise<void> {
  const translations = join(userData, `${language}.i18n.json`);
  await writeFile(translations, JSON.stringify({ version: '1.0.0', contents: {} }));
  const pack = {
    hash: `test-${language}`,
    // The server takes a pack without an extension for one that has to be fetched first.
    extensions: [{ extensionIdentifier: { id: `test.${language}` }, version: '1.0.0' }],
    translations: { vscode: translations },
    label: language,
  };
  await writeFile(join(userData, 'languagepacks.json'), JSON.stringify({ [language]: pack }));
}
