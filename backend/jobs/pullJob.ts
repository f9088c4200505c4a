/** `model/pull`: getting a model as a job. */
import { DEFAULT_ALIAS } from '../models/defaultModel.ts';
import { getModel } from '../models/getModel.ts';
import { defaultPullEdges } from '../models/pull.ts';
import type { PullEdges } from '../models/pullContext.ts';
import { requireAbsolute } from '../models/modelService.ts';
import { parseSource, showSource } from '../models/source.ts';
import type { ModelStore } from '../models/store.ts';
import type { JobInfo } from '../protocol/jobs.ts';
import type { PullParams } from '../protocol/models.ts';
import { jobSentence } from '../protocol/jobSentences.ts';
import type { JobService } from './jobService.ts';

/**
 * Answers at once with the job; a pull of the same source that is under way is answered again.
 * @throws PilotError sourceInvalid, draining
 */
export function startPull(
  jobs: JobService,
  store: ModelStore,
  params: PullParams,
  createEdges: () => PullEdges = defaultPullEdges,
): JobInfo {
  return jobs.start({
    kind: 'pull',
    title: titleOf(params.source),
    key: JSON.stringify([params.source, params.alias, params.upgrade]),
    run: async (control) => {
      const edges = createEdges();
      try {
        return (await getModel(store, params, control, control.signal, edges)).id;
      } finally {
        await edges.http.close();
      }
    },
  });
}

function titleOf(text: string): string {
  if (text === DEFAULT_ALIAS) return jobSentence('getDefault');
  const source = parseSource(text);
  if (source.kind === 'path') requireAbsolute(source.path);
  return jobSentence('getModel', { model: showSource(source) });
}
