/** Errors of a backend at work: scheduling (11xx), documents and jobs (14xx), its process (15xx). */
import type { ErrorRow } from './errorRow.ts';

export const servingErrors = {
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
