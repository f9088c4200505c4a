"""Stands in for GNU parallel, as far as the compiler's converter uses it:

    parallel -j N --halt now,fail=1 --progress --joblog FILE < COMMANDS

Runs each line of the standard input with bash, N at a time. The first one that fails ends the
others. FILE gets GNU parallel's columns, a line whenever a command has ended, so that it tells how
far the work is. TPU_PILOT_JOBS lowers N: each command may need several gigabytes of memory.
"""

import argparse
import os
import signal
import subprocess
import sys
import time

parser = argparse.ArgumentParser(prog="parallel")
parser.add_argument("-j", "--jobs", type=int, default=os.cpu_count() or 1)
parser.add_argument("--halt", choices=["now,fail=1"])
parser.add_argument("--progress", action="store_true")
parser.add_argument("--joblog", required=True)
options = parser.parse_args()
at_once = max(1, min(options.jobs, int(os.environ.get("TPU_PILOT_JOBS") or options.jobs)))

COLUMNS = "Seq Host Starttime JobRuntime Send Receive Exitval Signal Command".split()
# Unlike the others, bash has pushd, which the commands begin with.
waiting = [line.rstrip("\n") for line in sys.stdin if line.strip()]
total = len(waiting)
running = {}
failed = 0


def end_all():
    for process, _, _, _ in running.values():
        try:
            # Its own children as well: each command leads a process group.
            os.killpg(process.pid, signal.SIGTERM)
        except ProcessLookupError:
            pass


def interrupted(number, _):
    end_all()
    sys.exit(128 + number)


signal.signal(signal.SIGTERM, interrupted)
signal.signal(signal.SIGINT, interrupted)

with open(options.joblog, "w", buffering=1) as log:
    print(*COLUMNS, sep="\t", file=log)
    while running or (waiting and not failed):
        while waiting and not failed and len(running) < at_once:
            command = waiting.pop(0)
            process = subprocess.Popen(
                ["bash", "-c", command], stdin=subprocess.DEVNULL, start_new_session=True
            )
            running[process.pid] = (process, total - len(waiting), time.time(), command)
        pid, status = os.wait()
        if pid not in running:
            continue
        process, number, began, command = running.pop(pid)
        # Else Popen would wait for it a second time.
        process.returncode = code = os.waitstatus_to_exitcode(status)
        ran = "%.3f" % (time.time() - began)
        began_text = "%.3f" % began
        ending = (max(code, 0), max(-code, 0))
        print(number, ":", began_text, ran, 0, 0, *ending, command, sep="\t", file=log)
        if code != 0 and not failed:
            failed = code if code > 0 else 128 - code
            end_all()

sys.exit(failed)
