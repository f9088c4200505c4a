/** Values of options, checked while they are parsed: a wrong one is wrong usage. */
import { InvalidArgumentError } from 'commander';
import { deviceNames, parseDevice } from '../devices/deviceName.ts';

export function integer(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
  };
}

export function decimal(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It must be a number from ${min} to ${max}.`);
  };
}

/** Numbers and ranges of them: `3,7-9`. */
export function numberList(max: number): (text: string) => number[] {
  const refuse = (): never => {
    throw new InvalidArgumentError(`Write numbers from 0 to ${max} and ranges, such as 3,7-9.`);
  };
  return (text) =>
    text.split(',').flatMap((part) => {
      const [, first, last] = /^(\d{1,6})(?:-(\d{1,6}))?$/.exec(part.trim()) ?? refuse();
      const [from, to] = [Number(first), Number(last ?? first)];
      if (from > to || to > max) refuse();
      return Array.from({ length: to - from + 1 }, (_, n) => from + n);
    });
}

/** Ids of tokens: `1,2,3`. */
export function tokenList(text: string): number[] {
  return text.split(',').map((part) => {
    if (/^\s*\d{1,9}\s*$/.test(part)) return Number(part);
    throw new InvalidArgumentError('Write the ids of tokens with commas between, such as 1,2,3.');
  });
}

/** What `--device` takes, for help texts. */
export const deviceHelp = `what runs the models: ${deviceNames} (default: auto)`;

export function deviceArgument(text: string): string {
  if (parseDevice(text)) return text;
  throw new InvalidArgumentError(`It must be one of ${deviceNames}.`);
}
