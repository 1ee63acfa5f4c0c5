"""System calls that fail: on the n-th call, for n = 1, 2, 3 … until a run passes without one; once,
and from then on. Never a wrong 2xx, nothing acknowledged is lost, no served head is ever denied.

A handful of n for each fault in an everyday run, all of them with ASSENT_LONG=1.
"""

import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from faulty import Run, main  # noqa: E402  (which finds the next)
from assent_client import LONG, check  # noqa: E402

# A call, what it does instead, and whether that is a lie that nobody can notice at once.
FAILURES = [("pwrite64", "error=EIO"), ("pwrite64", "error=ENOSPC"), ("pwrite64", "error=EINTR"),
            ("fdatasync", "error=EIO"), ("fdatasync", "error=EINTR"), ("fsync", "error=EIO"),
            ("write", "error=ENOSPC"), ("rename", "error=EIO"), ("openat", "error=EIO"),
            ("openat", "error=EMFILE"), ("ftruncate", "error=EIO")]
LIES = [("pwrite64", "retval=7"), ("pwrite64", "retval=24"), ("pwrite64", "retval=4096"),
        ("write", "retval=1"), ("fdatasync", "retval=0"), ("fsync", "retval=0")]
# The first of the main thread's calls load the program; those are not ours to survive.
SHARED_LIBRARIES = {"openat": 60}
ORDINALS = range(1, 400) if LONG else (1, 2, 3, 5, 9, 17, 40)
SECONDS = 3600 if LONG else 40


def ordinals_of(call):
    first = SHARED_LIBRARIES.get(call, 0)
    return [first + n for n in ORDINALS]


def one_run(template, call, effect, when, is_lie, counts):
    """Whether the fault came to pass."""
    run = Run(template, f"{call}-{effect}-{when}".replace("=", "_"))
    try:
        came_up = run.start_under("-e", f"trace={call}",
                                  "-e", f"inject={call}:{effect}:when={when}")
        if came_up:
            run.work()
        run.end()
        if not run.was_injected():
            return False
        counts["faults"] += 1
        counts["acknowledged"] += len(run.acknowledged)
        counts["refused"] += run.refused
        counts["unanswered"] += len(run.unanswered) - run.refused
        counts["did not come up"] += not came_up
        counts["lies found out at the next start"] += run.check_everything(may_be_found_out=is_lie)
        return True
    except BaseException:
        print(f"  {call} {effect} when={when}", flush=True)
        raise
    finally:
        run.remove()


def h5_system_calls_that_fail_or_lie(template):
    began = time.monotonic()
    counts = dict.fromkeys(("faults", "acknowledged", "refused", "unanswered", "did not come up",
                            "lies found out at the next start", "cases"), 0)
    cases = [(call, effect, forever, is_lie)
             for is_lie, faults in ((False, FAILURES), (True, LIES))
             for call, effect in faults for forever in ("", "+")
             # Some calls must work at some time: a loop would never end.
             if not (forever and (effect.endswith("EINTR") or effect.startswith("retval")))]
    # Round by round, so that time runs out on the larger n of all and not on the last faults; the
    # first round is always whole.
    pending = {case: iter(ordinals_of(case[0])) for case in cases}
    is_first = True
    while pending:
        if not is_first and time.monotonic() - began > SECONDS:
            break
        is_first = False
        for case in list(pending):
            call, effect, forever, is_lie = case
            n = next(pending[case], None)
            if n is None:
                del pending[case]
            elif not one_run(template, call, effect, f"{n}{forever}", is_lie, counts):
                del pending[case]  # So many calls there were not.
    counts["cases"] = len(cases)
    check(counts["faults"] > len(cases) / 2, counts)
    return counts


if __name__ == "__main__":
    main(h5_system_calls_that_fail_or_lie)
