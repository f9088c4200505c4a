/** Finds libllama, proves that it is the version the declarations are of, and opens it. */
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import koffi from 'koffi';
import { DeviceError } from './device.ts';
import { bindLlama, type Llama } from './llama.ts';
import { contextDefaults, libraryVersion, modelDefaults } from './llamaDefaults.ts';
import { layouts, toPointer, type Pointer } from './llamaTypes.ts';

export interface LlamaLibrary {
  readonly api: Llama;
  readonly version: string;
  /** void *memcpy(void *dest, const void *src, size_t n) */
  readonly memcpy: (to: Float32Array, from: Pointer, bytes: number) => void;
  /** An abort callback: true when the first byte of its data is not 0 and the second is. */
  readonly strlen: Pointer;
  /** A log callback that does nothing: it looks at the level alone, and returns. */
  readonly abs: Pointer;
}

/** Where a library may be, in the order of preference. */
export interface LibraryPlaces {
  /** `TPU_PILOT_LLAMA_DIR`: when set, nowhere else is looked. */
  readonly setting: string | undefined;
  /** The folder that a packaged product has beside its bundles. */
  readonly beside: string | undefined;
  /** The folder of the npm package of this platform, when it is installed. */
  readonly packaged: string | undefined;
}

/** Packages of @node-llama-cpp that are not named `platform-arch`. */
const packageNames: Readonly<Record<string, string>> = {
  'darwin-arm64': 'mac-arm64-metal',
  'darwin-x64': 'mac-x64',
  'win32-x64': 'win-x64',
  'win32-arm64': 'win-arm64',
};
const libcNames: Readonly<Record<string, string>> = {
  darwin: 'libSystem.B.dylib',
  win32: 'ucrtbase.dll',
};
/** Tokenizers use std::regex, which recurses: a worker gets as much stack as a main thread has. */
const ASYNC_STACK_BYTES = 8 * 1024 * 1024;

let opened: LlamaLibrary | undefined;

/**
 * Open the library, once for the process.
 * @throws DeviceError lost, saying what is missing and what to do
 */
export function openLlama(): LlamaLibrary {
  opened ??= open(findLlamaFolder(libraryPlaces()));
  return opened;
}

/** The places on this machine. */
function libraryPlaces(): LibraryPlaces {
  return {
    setting: process.env['TPU_PILOT_LLAMA_DIR'],
    beside: fileURLToPath(new URL('./llama/', import.meta.url)),
    packaged: packagedFolder(),
  };
}

/**
 * The folder with libllama and the ggml libraries.
 * @throws DeviceError lost
 */
export function findLlamaFolder({ setting, beside, packaged }: LibraryPlaces): string {
  if (setting !== undefined && setting !== '') {
    if (existsSync(setting)) return setting;
    throw missing(`TPU_PILOT_LLAMA_DIR names ${setting}, which does not exist`);
  }
  for (const folder of [beside, packaged]) {
    if (folder !== undefined && existsSync(folder)) return folder;
  }
  throw missing(`there is no libllama for ${process.platform}-${process.arch}`);
}

function packagedFolder(): string | undefined {
  const platform = `${process.platform}-${process.arch}`;
  const name = packageNames[platform] ?? platform;
  try {
    const entry = createRequire(import.meta.url).resolve(`@node-llama-cpp/${name}`);
    return join(dirname(entry), '..', 'bins', name);
  } catch {
    return undefined;
  }
}

/**
 * The path of one library in a folder, by the version in its name.
 * @throws DeviceError lost
 */
export function libraryFile(folder: string, name: 'llama' | 'ggml'): string {
  const pattern = new RegExp(`^(?:lib)?${name}\\.v(.+)\\.(?:so|dylib|dll)$`);
  const found = readdirSync(folder).flatMap((file) => {
    const version = pattern.exec(file)?.[1];
    return version === undefined ? [] : [{ file, version }];
  });
  const right = found.find(({ version }) => version === libraryVersion);
  if (right !== undefined) return join(folder, right.file);
  const others = found.map(({ version }) => version).join(', ');
  throw missing(
    others === ''
      ? `${folder} has no lib${name}`
      : `${folder} has lib${name} ${others}, not ${libraryVersion}`,
  );
}

function open(folder: string): LlamaLibrary {
  const [ggmlFile, llamaFile] = [libraryFile(folder, 'ggml'), libraryFile(folder, 'llama')];
  try {
    // koffi accepts settings only before the first library.
    if ((koffi.config().async_stack_size ?? 0) < ASYNC_STACK_BYTES) {
      koffi.config({ async_stack_size: ASYNC_STACK_BYTES });
    }
    const libc = koffi.load(libcNames[process.platform] ?? 'libc.so.6');
    const api = bindLlama(koffi.load(llamaFile), koffi.load(ggmlFile));
    const version = verify(api);
    const library = {
      api,
      version,
      memcpy: libc.func('void *memcpy(void *dest, const void *src, size_t n)'),
      strlen: toPointer(libc.symbol('strlen')),
      abs: toPointer(libc.symbol('abs')),
    };
    api.log_set(library.abs, null);
    api.backend_init();
    api.load_all_from_path(folder);
    return library;
  } catch (error) {
    if (error instanceof DeviceError) throw error;
    throw missing(`${llamaFile} cannot be used: ${String(error)}`, error);
  }
}

/**
 * Hold the library against what the declarations say of it.
 * @returns its own name for its version
 * @throws DeviceError lost
 */
export function verify(
  api: Pick<Llama, 'version' | 'model_default_params' | 'context_default_params'>,
): string {
  for (const { type, bytes } of layouts) {
    if (koffi.sizeof(type) !== bytes) {
      throw missing(`${type.name} has ${koffi.sizeof(type)} bytes here, not ${bytes}`);
    }
  }
  const version = api.version();
  // A pre-release of the same number has the same headers: the prebuilt one says "0.5.0-dev".
  if (version.split('-')[0] !== libraryVersion) {
    throw missing(`libllama is of version ${version}, not ${libraryVersion}`);
  }
  if (
    !isDeepStrictEqual({ ...api.model_default_params() }, modelDefaults) ||
    !isDeepStrictEqual({ ...api.context_default_params() }, contextDefaults)
  ) {
    throw missing(`libllama ${version} has other default parameters than ${libraryVersion}`);
  }
  return version;
}

function missing(reason: string, cause?: unknown): DeviceError {
  return new DeviceError(
    'lost',
    `The CPU library is not usable: ${reason}. Install the packages again with "npm ci", or let ` +
      `TPU_PILOT_LLAMA_DIR name a folder with libllama ${libraryVersion}.`,
    undefined,
    { cause },
  );
}
