/** As in package.json, `contributes.languageModelChatProviders`. */
export const VENDOR = 'tpu-pilot';
