import * as vscode from 'vscode';
import type { BackendConnection } from '../backendConnection.ts';
import { Disposables } from '../disposables.ts';
import { createBenchmark } from './benchmark.ts';
import { deviceStatus } from './deviceStatus.ts';
import { modelList } from './modelList.ts';
import { ToolAdapter, type PilotTool } from './pilotTool.ts';

/** Offers the tools of package.json to every language model and chat of the editor. */
export function registerTools(
  backend: BackendConnection,
  log: Pick<vscode.LogOutputChannel, 'debug' | 'warn'>,
): Disposables {
  const own = new Disposables();
  const register = <Input>(tool: PilotTool<Input>): void => {
    own.add(vscode.lm.registerTool(tool.name, new ToolAdapter(tool, backend, log)));
  };
  register(deviceStatus);
  register(modelList);
  register(createBenchmark());
  return own;
}
