"""The C++ emitter against a real server that is killed again and again, and is killed itself.

Ten kills in an everyday run; every second for a minute with ASSENT_LONG=1.
"""

import collections
import pathlib
import re
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
from assent_client import (BINARY, LONG, Server, check, equal, run)  # noqa: E402

BUILD = pathlib.Path(BINARY).parent
KILLS = 60 if LONG else 10
EVENTS_PER_SECOND = 1000 if LONG else 300


class SteadyServer(Server):
    """Comes back at the address that it had: whoever emits knows no other."""

    port = None

    def start(self, ready_within=60):
        if self.port is None:
            with socket.socket() as listener:
                listener.bind(("127.0.0.1", 0))
                self.port = listener.getsockname()[1]
        self.log = open(self.scratch / "server.log", "ab")
        self.process = subprocess.Popen(
            [BINARY, "serve", "--data", str(self.data), "--listen", f"127.0.0.1:{self.port}"],
            stdout=subprocess.PIPE, stderr=self.log)
        line = self.first_line(ready_within)
        check(f":{self.port}" in line, f"the server said {line!r}:\n{self.log_tail()}")
        self.address = ("127.0.0.1", self.port)
        self.url = f"http://127.0.0.1:{self.port}"


def program():
    """Builds what emits, beside the server that is tested."""
    subprocess.run(["cmake", "--build", str(BUILD), "--target", "emitter_load"], check=True,
                   stdout=subprocess.DEVNULL, timeout=600)
    return BUILD / "emitter_load"


class Emitting(threading.Thread):
    """One producer, which may be killed, and what it was told."""

    def __init__(self, server, client, name, seconds, kills=0):
        super().__init__()
        self.words = [program(), server.url, client.key, server.made["tenant"],
                      str(server.scratch / name), name, str(EVENTS_PER_SECOND), str(seconds)]
        self.name, self.kills = name, kills
        self.told = {}  # Number -> id.
        self.ids = set()  # Under which it numbered: one, however often it is killed.
        self.rest = ""
        self.left = None
        self.process = None

    def run(self):
        for _ in range(self.kills):
            self.one_life(kill_after=0.7)
        self.one_life()

    def one_life(self, kill_after=None):
        self.process = subprocess.Popen(list(map(str, self.words)), stdout=subprocess.PIPE,
                                        text=True)
        killer = kill_after and threading.Timer(kill_after, self.process.kill)
        if killer:
            killer.start()
        for line in self.process.stdout:
            spooled = re.fullmatch(r"buffered (evt_\w{26}) (\d+)\n", line)
            named = re.fullmatch(rf"producer ({self.name}\.\w{{8}})\n", line)
            if spooled:
                self.told[int(spooled[2])] = spooled[1]
            elif named:
                self.ids.add(named[1])
            elif line.startswith("left ") and line.endswith("\n"):
                self.left = int(line.split()[1])
            elif line.endswith("\n"):
                self.rest += line
        self.process.wait()


def check_arrived(server, emitting):
    """Everything once, in the order of the numbers, and nothing that nobody buffered."""
    found = collections.defaultdict(list)
    for event in server.admin.events(type="content.publish"):
        producer = event["data"]["producer"]
        found[producer["id"]].append((producer["sequence"], event["id"]))
    counts = {}
    for each in emitting:
        equal(each.rest, "", each.name)
        equal(each.left, 0, f"{each.name}: events that still wait")
        equal(len(each.ids), 1, f"{each.name}: one id for one spool")
        (id,) = each.ids
        arrived = counts[each.name] = found.pop(id)
        numbers = [number for number, _ in arrived]
        equal(numbers, list(range(1, len(numbers) + 1)), f"{each.name}: once and in order")
        at = dict(arrived)
        lost = [number for number, told in each.told.items() if at.get(number) != told]
        check(not lost, f"{each.name}: buffered and lost: {lost[:5]}")
        # kill -9 may come between buffer() and the line that tells of it.
        check(len(arrived) - len(each.told) <= each.kills * 2, each.name, len(arrived),
              len(each.told))
    equal(dict(found), {}, "events of nobody")
    return {name: len(arrived) for name, arrived in counts.items()}


def h53_a_server_killed_every_second_gets_everything_once_and_in_order(server):
    robot = server.agent()
    emitting = [Emitting(server, robot, f"worker-{i}", seconds=KILLS + 2, kills=0) for i in (1, 2)]
    emitting.append(Emitting(server, robot, "mortal", seconds=5, kills=4))
    for each in emitting:
        each.start()
    for _ in range(KILLS):
        time.sleep(1)
        server.kill()
        server.start()
    server.admin = server.client(server.made["adminKey"])
    for each in emitting:
        each.join()
    counts = check_arrived(server, emitting)
    check(all(counts[each.name] > 100 for each in emitting), counts)


def h53_what_waits_when_both_are_gone_is_sent_when_both_are_back(server):
    robot = server.agent()
    emitting = Emitting(server, robot, "worker", seconds=3, kills=1)
    server.kill()
    emitting.start()
    time.sleep(2)
    server.start()
    emitting.join()
    server.admin = server.client(server.made["adminKey"])
    check_arrived(server, [emitting])


if __name__ == "__main__":
    run(h53_a_server_killed_every_second_gets_everything_once_and_in_order,
        h53_what_waits_when_both_are_gone_is_sent_when_both_are_back, make=SteadyServer)
