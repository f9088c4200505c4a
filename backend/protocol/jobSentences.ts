/**
 * What jobs are called and what they say they are doing. In one table, so that the editor can show
 * it in its own language.
 */
import { fillIn, type Details } from './fillIn.ts';

/** Of two that a text may be made from, the first one is meant. */
export const jobTable = {
  convertModel: 'Convert {model}',
  verifyModel: 'Verify {model}',
  predictModel: 'Predict {model}',
  getDefault: 'Get the default model',
  getModel: 'Get {model}',
  installCompiler: 'Install the compiler',

  waiting: 'Waiting for other jobs',
  starting: 'Starting',
  done: 'Done',
  failed: 'Failed',
  cancelled: 'Cancelled',
  interrupted: 'Interrupted',

  findHub: 'Looking for a model hub',
  askHub: 'Asking the hub for {model}',
  downloadWithPip: 'Downloading {what} with pip',
  download: 'Downloading {what}',
  copy: 'Copying {what}',
  unpack: 'Unpacking {what}',
  checkModel: 'Checking the model',

  getImage: 'Getting the image {image}',
  lookInstalled: 'Looking at what is installed',
  findPython: 'Looking for Python 3.10',
  install: 'Installing {what}',
  makeEnvironment: 'Making the Python environment',
  checkPackages: 'Checking every file and version',
  checkAll: 'Checking that all of it works',
  check: 'Checking {what}',
  remove: 'Removing {what}',

  makeGraphs: 'Making the graphs of the layers',
  compileNet: 'Compiling {net}, {number} of {total}',
  combineNets: 'Combining the nets',
  hash: 'Computing the sha256 of {what}',

  loadFloat: 'Loading the float model',
  runFloat: 'Running the float model',
  loadDevice: 'Loading the compiled model',
  compareModel: 'Comparing the whole model',
  compare: 'Comparing {net}',
  decode: 'Decoding after prompt {number}',

  findCompiler: 'Looking at the compiler',
  writeHead: 'Writing an output head, {number} of {total}',
  writeLayer: 'Writing a layer, {number} of {total}',
} as const;

export type JobSentence = keyof typeof jobTable;

export function jobSentence(name: JobSentence, details: Details = {}): string {
  return fillIn(jobTable[name], details);
}
