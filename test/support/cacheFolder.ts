/** Where everything lives that is fetched once for the tests and `npm start`. */
import envPaths from 'env-paths';

/** The user's cache folder for this project: `~/.cache/tpu-pilot` on Linux. */
export const cacheFolder = (): string => envPaths('tpu-pilot', { suffix: '' }).cache;
