/** Chips that the machine has on its PCI bus and no driver has taken, from sysfs. */
import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';
import { readWord } from './procFile.ts';

/** Of Sophgo, and of the BM1684X: libsophon driver/bm_pcie.c. */
const VENDOR = '0x1f1c';
const DEVICE = '0x1686';

/**
 * Addresses as `lspci` shows them, `0000:01:00.0`, in order; none where the bus cannot be read.
 * @param root stands for `/`
 */
export async function undrivenChips(root = '/'): Promise<string[]> {
  const bus = path.join(root, 'sys/bus/pci/devices');
  const addresses = await readdir(bus).catch(() => []);
  const found = await Promise.all(
    addresses.map(async (address) => {
      const folder = path.join(bus, address);
      const [vendor, device, isDriven] = await Promise.all([
        readWord(path.join(folder, 'vendor')),
        readWord(path.join(folder, 'device')),
        lstat(path.join(folder, 'driver')).then(
          () => true,
          () => false,
        ),
      ]);
      return vendor === VENDOR && device === DEVICE && !isDriven ? [address] : [];
    }),
  );
  return found.flat().sort();
}
