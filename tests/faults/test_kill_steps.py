"""kill -9 at every step of a commit: before the n-th write, sync and rename of a server that works.

The steps are the system calls themselves, so that the server has no hooks for tests in it: pages
of the write-ahead log (pwrite64), their sync (fdatasync), the checkpoint's file (write, fsync), its
name (rename). Both sides are counted: what was acknowledged, and what was committed though nobody
was told. Some steps in an everyday run, all of them with ASSENT_LONG=1.
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from faulty import Run, main  # noqa: E402  (which finds the next)
from assent_client import LONG, check  # noqa: E402

STEPS = {"pwrite64": "a page of the write-ahead log", "fdatasync": "the sync of a commit",
         "write": "a file beside the database", "fsync": "the sync of such a file or its directory",
         "rename": "the name of such a file"}
STRIDES = {"pwrite64": 4, "fdatasync": 1, "write": 2, "fsync": 1, "rename": 1}
ORDINALS = 400
RUNS_PER_STEP = 400 if LONG else 20


def h5_kill_9_at_every_step(template):
    counts = {"acknowledged": 0, "committed though nobody was told": 0, "kills": 0}
    for call in STEPS:
        kills = 0
        for n in range(1, ORDINALS, 1 if LONG else STRIDES[call]):
            if kills >= RUNS_PER_STEP or not one_kill(template, call, n, counts):
                break
            kills += 1
        check(kills > 0, f"never killed before {STEPS[call]}")
        counts[call] = kills
    check(counts["committed though nobody was told"] > 0, "never killed between commit and answer")
    return counts


def one_kill(template, call, n, counts):
    """Whether there was an n-th call to be killed at."""
    run = Run(template, f"kill-{call}-{n}")
    try:
        came_up = run.start_under("-e", f"trace={call}",
                                  "-e", f"inject={call}:signal=KILL:when={n}")
        if came_up:
            run.work()
        was_killed = not came_up or run.has_died()
        run.end()
        if not was_killed:
            return False
        run.check_everything()
        counts["kills"] += 1
        counts["acknowledged"] += len(run.acknowledged)
        counts["committed though nobody was told"] += run.done_unanswered
        return True
    except BaseException:
        print(f"  killed before {STEPS[call]}, number {n}", flush=True)
        raise
    finally:
        run.remove()


if __name__ == "__main__":
    main(h5_kill_9_at_every_step)
