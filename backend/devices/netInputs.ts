/** Whether tensors fit a net, and which of its stages. Pure. */
import type { DeviceNet, HostTensor, NetPort } from './device.ts';

/**
 * The stage compiled for the inputs' shapes; else the first, which is the largest.
 * @throws RangeError saying what the net takes
 */
export function stageForInputs(net: DeviceNet, given: readonly HostTensor[]): number {
  const { name, inputs } = net;
  if (given.length !== inputs.length) {
    throw new RangeError(`${name} has ${inputs.length} inputs, not ${given.length}.`);
  }
  const stages = [...(inputs[0]?.shapes.keys() ?? [])];
  const exact = stages.find((stage) =>
    inputs.every(({ shapes }, n) => String(shapes[stage]) === String(given[n]?.shape)),
  );
  const stage = exact ?? 0;
  for (const [n, port] of inputs.entries()) {
    const tensor = given[n];
    const most = port.shapes[stage] ?? [];
    if (tensor && fits(tensor, port, most, net.isDynamic)) continue;
    const got = `[${tensor?.shape.join(', ')}] of ${tensor?.data.length} bytes`;
    throw new RangeError(
      `${name} takes ${port.name} as [${most.join(', ')}] ${port.dtype}, not as ${got}.`,
    );
  }
  return stage;
}

function fits(
  { shape, data }: HostTensor,
  port: NetPort,
  most: readonly number[],
  isDynamic: boolean,
): boolean {
  const isWhole = String(shape) === String(most);
  const isPart = shape.length === most.length && shape.every((size, i) => size <= (most[i] ?? 0));
  return (
    (isWhole || (isDynamic && isPart)) && data.length === productOf(shape) * elementBytes(port)
  );
}

function elementBytes({ bytes, shapes }: NetPort): number {
  return bytes / Math.max(...shapes.map(productOf));
}

function productOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
