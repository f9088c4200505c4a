/** Who may connect: the owner's token in a file of its own, and named tokens of which only the hash is kept. */
import { randomBytes, randomUUID } from 'node:crypto';
import { chmod, link, readFile, rm, stat, writeFile } from 'node:fs/promises';
import writeFileAtomic from 'write-file-atomic';
import * as z from 'zod';
import { homePaths } from '../client/home.ts';
import { equalSecrets, hashToken, keyId } from '../client/proof.ts';
import { TokenInfo, type TokenCreateParams } from '../protocol/backend.ts';
import { PilotError } from '../protocol/errors.ts';
import type { Role } from '../protocol/handshake.ts';

/** The name the owner's token goes by; no named token can have it. */
export const OWNER = 'owner';

/** Who a connection speaks for. */
export interface Identity {
  readonly name: string;
  readonly role: Role;
  /** sha256 of the token, hex. */
  readonly tokenHash: string;
}

const StoredToken = TokenInfo.extend({ sha256: z.string().regex(/^[0-9a-f]{64}$/) });
const TokensFile = z.object({ tokens: z.array(StoredToken) });
type StoredToken = z.infer<typeof StoredToken>;

export class TokenStore {
  readonly #path: string;
  readonly #owner: Identity;
  #tokens: readonly StoredToken[];

  private constructor(path: string, owner: Identity, tokens: readonly StoredToken[]) {
    this.#path = path;
    this.#owner = owner;
    this.#tokens = tokens;
  }

  /**
   * Reads the tokens of a home folder, and makes the owner's on first use.
   * @throws PilotError configInvalid when a file holds something else; errors of the file system
   */
  static async open(home: string): Promise<TokenStore> {
    const paths = homePaths(home);
    const tokenHash = hashToken(await ownerToken(paths.token));
    return new TokenStore(
      paths.tokens,
      { name: OWNER, role: 'admin', tokenHash },
      await readTokens(paths.tokens),
    );
  }

  /** Whom an Authorization header stands for. Takes the same time whichever token is right. */
  authenticate(header: string | undefined): Identity | undefined {
    const token = /^Bearer ([\x21-\x7e]{1,512})$/i.exec(header ?? '')?.[1];
    if (token === undefined) return undefined;
    const hash = hashToken(token);
    return this.#find((identity) => equalSecrets(identity.tokenHash, hash));
  }

  /** The token with that public name, see KEY_HEADER. */
  byKeyId(id: string): Identity | undefined {
    return this.#find((identity) => equalSecrets(keyId(identity.tokenHash), id));
  }

  list(): TokenInfo[] {
    return this.#tokens.map(({ name, role, createdAt }) => ({ name, role, createdAt }));
  }

  /** @throws PilotError tokenExists */
  async create(
    params: z.output<typeof TokenCreateParams>,
    now = new Date(),
  ): Promise<TokenInfo & { token: string }> {
    const { name, role } = params;
    if (name === OWNER || this.#tokens.some((token) => token.name === name)) {
      throw new PilotError('tokenExists', { name });
    }
    const token = newToken();
    const info = { name, role, createdAt: now.toISOString() };
    this.#tokens = [...this.#tokens, { ...info, sha256: hashToken(token) }];
    try {
      await this.#save();
    } catch (error) {
      this.#tokens = this.#tokens.filter((other) => other.name !== name);
      throw error;
    }
    return { ...info, token };
  }

  /** @throws PilotError tokenNotFound */
  async revoke(name: string): Promise<void> {
    const rest = this.#tokens.filter((token) => token.name !== name);
    if (rest.length === this.#tokens.length) throw new PilotError('tokenNotFound', { name });
    // In memory first: from now on it is worthless, even if the disk is full.
    this.#tokens = rest;
    await this.#save();
  }

  #find(matches: (identity: Identity) => boolean): Identity | undefined {
    let found: Identity | undefined;
    // No early exit: the time must not tell which token it was.
    for (const identity of [this.#owner, ...this.#tokens.map(toIdentity)]) {
      if (matches(identity)) found = identity;
    }
    return found;
  }

  async #save(): Promise<void> {
    const text = JSON.stringify({ tokens: this.#tokens }, null, 2);
    await writeFileAtomic(this.#path, `${text}\n`, { mode: 0o600 });
  }
}

function toIdentity({ name, role, sha256 }: StoredToken): Identity {
  return { name, role, tokenHash: sha256 };
}

/** 256 bits. */
function newToken(): string {
  return randomBytes(32).toString('hex');
}

async function ownerToken(path: string): Promise<string> {
  await createToken(path);
  const token = (await readFile(path, 'utf8')).trim();
  if (!/^[0-9a-f]{64}$/.test(token)) {
    throw new PilotError('configInvalid', { reason: `${path} holds no token. Remove it.` });
  }
  if (process.platform !== 'win32' && ((await stat(path)).mode & 0o077) !== 0) {
    await chmod(path, 0o600);
  }
  return token;
}

/** A link, as it appears with its content and fails when the name is taken. */
async function createToken(path: string): Promise<void> {
  const temporary = `${path}.${randomUUID()}`;
  try {
    await writeFile(temporary, `${newToken()}\n`, { mode: 0o600, flag: 'wx' });
    await link(temporary, path);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}

async function readTokens(path: string): Promise<readonly StoredToken[]> {
  let text;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
  try {
    return TokensFile.parse(JSON.parse(text)).tokens;
  } catch (cause) {
    throw new PilotError(
      'configInvalid',
      { reason: `${path} is not a list of tokens. Correct or remove it.` },
      { cause },
    );
  }
}
