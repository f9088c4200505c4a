/** The long work of the backend in the status bar, while there is some. */
import * as vscode from 'vscode';
import { commands } from '../commandIds.ts';
import { Disposables } from '../disposables.ts';
import {
  detailOf,
  jobSentenceText,
  kindName,
  percentText,
  stateText,
  timeLeftText,
} from './jobText.ts';
import type { JobWatch } from './jobWatch.ts';

export class JobStatus implements vscode.Disposable {
  private readonly own = new Disposables();
  private readonly item: vscode.StatusBarItem;

  constructor(private readonly jobs: Pick<JobWatch, 'work' | 'onDidChange'>) {
    this.item = this.own.add(
      vscode.window.createStatusBarItem('tpuPilot.job', vscode.StatusBarAlignment.Right, 99),
    );
    this.item.name = vscode.l10n.t('TPU Pilot: running job');
    this.item.command = commands.showJobs;
    this.own.add(jobs.onDidChange(() => this.update()));
    this.update();
  }

  dispose(): void {
    this.own.dispose();
  }

  private update(): void {
    const job = this.jobs.work;
    if (!job) {
      this.item.hide();
      return;
    }
    const words = [kindName(job.kind), percentText(job) ?? stateText(job)];
    const left = timeLeftText(job);
    const sentence = [
      jobSentenceText(job.title),
      detailOf(job),
      ...(left === undefined ? [] : [left]),
    ].join(' · ');
    this.item.text = `$(sync~spin) ${words.join(' ')}`;
    this.item.tooltip = sentence;
    this.item.accessibilityInformation = { label: [...words, sentence].join(', '), role: 'button' };
    this.item.show();
  }
}
