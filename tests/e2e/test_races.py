"""A hundred people at one item: one winner, ninety-nine honest losers."""

import collections
import pathlib
import random
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
from assent_client import LONG, check, equal, run, types  # noqa: E402

CROWD = 100
ROUNDS = 20 if LONG else 3
ENDS = {"approve": "approved", "reject": "rejected", "cancel": "cancelled"}


def all_at_once(calls):
    """Runs every call in a thread of its own, released together; their results in order."""
    results = [None] * len(calls)
    gate = threading.Barrier(len(calls))

    def one(index):
        gate.wait()
        try:
            results[index] = calls[index]()
        except Exception as fault:  # Reported by whoever looks at the results.
            results[index] = fault

    threads = [threading.Thread(target=one, args=(index,)) for index in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for result in results:
        if isinstance(result, Exception):
            raise result
    return results


def h19_one_item_has_one_winner(server):
    robot = server.agent()
    approvers = [server.approver(f"ann{n}") for n in range(10)]
    for _ in range(ROUNDS):
        asked = robot.request()["id"]
        verbs = [random.choice(list(ENDS)) for _ in range(CROWD)]
        calls = []
        for number, verb in enumerate(verbs):
            caller = robot if verb == "cancel" else approvers[number % len(approvers)]
            calls.append(lambda caller=caller.clone(), verb=verb: getattr(caller, verb)(asked))
        answers = all_at_once(calls)

        winners = [n for n, answer in enumerate(answers) if answer.status == 200]
        equal(len(winners), 1, "winners among", collections.Counter(a.status for a in answers))
        status = ENDS[verbs[winners[0]]]
        equal(robot.show(asked)["status"], status)
        for number, answer in enumerate(answers):
            if number == winners[0]:
                continue
            answer.expect(409, "INVALID_STATE")
            equal(answer.error["details"]["currentStatus"], status, "the winner's status")
        check_attempts(robot.trail(asked), status)
        equal(len({answer.trace for answer in answers}), CROWD, "H25: no two calls share a trace")


def check_attempts(trail, status):
    """H24: every attempt is at once followed by its one outcome."""
    decided = {"approved": "approval.succeeded"}.get(status, f"approval.{status}")
    attempts = [n for n, event in enumerate(trail) if event["type"] == "approval.attempted"]
    equal(len(attempts), CROWD)
    outcomes = collections.Counter(trail[n + 1]["type"] for n in attempts)
    equal(outcomes, {decided: 1, "approval.blocked.invalid_state": CROWD - 1})
    for n in attempts:
        equal(int(trail[n + 1]["sequence"]), int(trail[n]["sequence"]) + 1, "adjacent")
        equal(trail[n + 1]["traceid"], trail[n]["traceid"])


def h58_one_key_used_at_once_is_one_request(server):
    robot = server.agent()
    before = robot.log_size()
    body = {"kind": "tool_call", "tool": "deploy", "arguments": {}}
    key = {"Idempotency-Key": "once"}
    answers = all_at_once(
        [lambda caller=robot.clone(): caller.post("/v1/approvals", body, headers=key)
         for _ in range(CROWD)])
    equal({answer.status for answer in answers}, {201})
    equal(len({answer.body for answer in answers}), 1)
    equal(robot.log_size(), before + 1)


def h6_concurrent_writers_leave_no_gap(server):
    robot = server.agent()
    writers, each = 64, 40 if LONG else 10
    before = robot.log_size()

    def write(caller):
        return [caller.emit(metadata={"n": n}).expect(201).data["sequence"] for n in range(each)]

    sequences = sum(all_at_once([lambda caller=robot.clone(): write(caller)
                                 for _ in range(writers)]), [])
    equal(sorted(sequences), list(range(before, before + writers * each)))
    events = robot.events()
    equal([int(event["sequence"]) for event in events], list(range(before + writers * each)))
    times = [event["time"] for event in events]
    check(times == sorted(times), "time never runs backwards")
    equal(types(events[before:]), ["content.publish"] * writers * each)


def h21_racing_votes_count_each_human_once(server):
    robot = server.agent()
    ann, bob = server.approver("ann"), server.approver("bob")
    asked = robot.request("pay")["id"]
    answers = all_at_once([lambda caller=caller.clone(): caller.approve(asked)
                           for caller in [ann] * 20 + [bob] * 20])
    counts = collections.Counter(answer.status for answer in answers)
    equal(counts[200], 2, counts)
    trail = types(robot.trail(asked))
    equal(trail.count("approval.recorded"), 1)
    equal(trail.count("approval.succeeded"), 1)
    equal(trail.count("grant.issued"), 1)


if __name__ == "__main__":
    run(h19_one_item_has_one_winner, h58_one_key_used_at_once_is_one_request,
        h6_concurrent_writers_leave_no_gap, h21_racing_votes_count_each_human_once)
