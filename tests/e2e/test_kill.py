"""kill -9 in a loop under load: nothing acknowledged is lost, and the log verifies each time.

Ten rounds; 200 with ASSENT_LONG=1. Both sides are counted: what clients were told, and what the log
has. The log may have more (a commit whose answer never left), never less.
"""

import collections
import http.client
import pathlib
import random
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
from assent_client import LONG, Server, check, equal, eventually, run  # noqa: E402

ROUNDS = 200 if LONG else 10
WORKERS = 8


class Worker(threading.Thread):
    """Asks, decides, executes and emits until the server is gone; remembers what it was told."""

    def __init__(self, robot, ann):
        super().__init__()
        self.robot, self.ann = robot.clone(), ann.clone()
        self.told = collections.defaultdict(set)  # What kind of fact -> ids.
        self.sent = self.count = 0
        self.fault = None

    def run(self):
        try:
            while True:
                self.one_round()
        except (OSError, http.client.HTTPException):
            pass  # The server was killed: what this loop is for.
        except Exception as fault:
            self.fault = fault

    def tell(self, kind, what):
        self.told[kind].add(what)
        self.count += 1

    def one_round(self):
        self.sent += 1
        event = self.robot.emit(metadata={"n": self.sent}).expect(201).data
        self.tell("event", (event["id"], event["sequence"]))
        asked = self.robot.request("deploy", {"n": random.random()})["id"]
        self.tell("approval.requested", asked)
        if random.random() < 0.3:
            self.ann.reject(asked).expect(200)
            self.tell("approval.rejected", asked)
            return
        self.ann.approve(asked).expect(200)
        self.tell("approval.succeeded", asked)
        execution = self.robot.start(asked).expect(201).data["executionId"]
        self.tell("execution.started", asked)
        self.robot.complete(execution).expect(200)
        self.tell("execution.succeeded", asked)


def check_nothing_lost(auditor, told):
    """Every fact that a client was told is in the log, once, at the place it was told."""
    events = auditor.events()
    equal([int(event["sequence"]) for event in events], list(range(len(events))), "no gap")
    at = {event["id"]: int(event["sequence"]) for event in events}
    for id, sequence in told["event"]:
        equal(at.get(id), sequence, "an acknowledged event")
    for type, ids in told.items():
        if type == "event":
            continue
        found = collections.Counter(event["data"]["approvalId"] for event in events
                                    if event["type"] == type)
        lost = [id for id in ids if found[id] == 0]
        check(not lost, f"{type} acknowledged and lost: {lost[:3]}")
        twice = [id for id, count in found.items() if count > 1]
        check(not twice, f"{type} twice: {twice[:3]}")
    return len(events)


def h3_h5_nothing_acknowledged_is_lost_to_kill_9(server):
    robot, ann = server.agent(), server.approver()
    told = collections.defaultdict(set)
    for number in range(ROUNDS):
        workers = [Worker(robot, ann) for _ in range(WORKERS)]
        for worker in workers:
            worker.start()
        # After so many facts, lest a slow disk be killed before it has promised anything.
        facts = random.randrange(WORKERS, 400)
        eventually(lambda: sum(worker.count for worker in workers) >= facts
                   or any(worker.fault for worker in workers), "there is no load")
        time.sleep(random.uniform(0, 0.1))
        server.kill()
        for worker in workers:
            worker.join()
            if worker.fault:
                raise worker.fault
            for kind, ids in worker.told.items():
                told[kind] |= ids
        server.verify()
        server.restart()
        robot, ann = server.again(robot), server.again(ann)
        if number % 10 == 9 or number == ROUNDS - 1:
            size = check_nothing_lost(ann, told)
            print(f"  round {number + 1}: {sum(map(len, told.values()))} facts acknowledged, "
                  f"{size} events in the log", flush=True)
    check(len(told["execution.succeeded"]) > ROUNDS, "there was load")


if __name__ == "__main__":
    run(h3_h5_nothing_acknowledged_is_lost_to_kill_9, make=Server)
