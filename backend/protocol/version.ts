/** The product's version. The bundler puts package.json's in; sources run as they are have none. */
declare const TPU_PILOT_VERSION: string;

export const version: string =
  typeof TPU_PILOT_VERSION === 'string' ? TPU_PILOT_VERSION : '0.0.0-source';
