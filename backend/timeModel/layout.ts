/** Where predictions are kept, below the home folder. */
import path from 'node:path';

export interface PredictionLayout {
  /** Held by who compiles, beside the folder. */
  readonly root: string;
  /** What is known of nets, see netFigures.ts. */
  readonly figures: string;
  /** Gigabytes while something is compiled; emptied by whoever compiles next. */
  readonly work: string;
}

export function predictionLayout(home: string): PredictionLayout {
  const root = path.join(home, 'predictions');
  return { root, figures: path.join(root, 'figures'), work: path.join(root, 'work') };
}
