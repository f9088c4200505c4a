import { MemoryDevice } from '../support/memoryDevice.ts';
import { testDevice } from './device.ts';

testDevice('memory', { open: () => new MemoryDevice(), modelPath: () => 'model.gguf' });
