"""What emitted events count, owe and prove, over HTTP and on the command line.

A flood of emitters is killed in the middle, again and again; what was acknowledged is there once,
what is missing is what never arrived, and the state is what a replay makes of the log.
"""

import collections
import http.client
import json
import pathlib
import random
import sys
import threading
import time
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
from assent_client import LONG, check, equal, eventually, run  # noqa: E402

CROWD = 64
KILLS = 20 if LONG else 4


def uuid7():
    """An emitter's own id."""
    at = int(time.time() * 1000)
    value = (at << 80) | (7 << 76) | (random.getrandbits(12) << 64) | (2 << 62)
    return str(uuid.UUID(int=value | random.getrandbits(62)))


def numbered(sequence, producer="mailer", **more):
    return {"id": uuid7(), "type": "mail.send", "target": {"type": "mail", "id": str(sequence)},
            "outcome": "success", "producer": {"id": producer, "sequence": sequence}, **more}


def producers(client):
    return {each["id"]: each for each in client.get("/v1/producers").expect(200).data}


def obligations(client):
    """The events of all that is open, over all pages."""
    events, cursor = set(), None
    while True:
        page = client.get("/v1/obligations", limit=1000, cursor=cursor).expect(200)
        events |= {each["event"] for each in page.data}
        cursor = page.json["meta"].get("nextCursor")
        if cursor is None:
            return events


def all_at_once(calls):
    """Runs every call in a thread of its own, released together; their answers in order."""
    answers = [None] * len(calls)
    gate = threading.Barrier(len(calls))

    def one(index):
        gate.wait()
        answers[index] = calls[index]()

    threads = [threading.Thread(target=one, args=(index,)) for index in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def gauges(server):
    page = server.client().get("/metrics").expect(200).body.decode()
    return {name: float(value) for name, value in
            (line.rsplit(" ", 1) for line in page.splitlines() if line and line[0] != "#")}


def become(server, producers, events):
    """The page keeps the gauges of the state for a second."""
    def are_so():
        now = gauges(server)
        return (now["assent_producers_with_gaps"],
                now["assent_producer_events_missing"]) == (producers, events)
    eventually(are_so, "the gauges are never", producers, events)


def h53_what_never_arrived_is_told_everywhere(server):
    robot = server.agent()
    for sequence in (*range(1, 41), 44):
        robot.post("/v1/events", numbered(sequence)).expect(201)
    mailer = producers(robot)["mailer"]
    equal((mailer["next"], mailer["missing"], mailer["missingCount"]), (45, ["41-43"], 3))
    told = server.cli("producers", "--gaps", "true",
                      env={"ASSENT_URL": server.url, "ASSENT_KEY": robot.key})
    equal(told.returncode, 0, told.stderr)
    check("mailer" in told.stdout and "41-43" in told.stdout, told.stdout)
    become(server, 1, 3)

    lines = "".join(json.dumps(numbered(n)) + "\n" for n in (43, 41, 42))
    robot.call("POST", "/v1/events", raw=lines.encode(),
               content_type="application/x-ndjson").expect(201)
    equal(producers(robot)["mailer"]["missing"], [])
    become(server, 0, 0)


def numbers_are_used_once_whoever_is_first(server):
    robot = server.agent()
    event = numbered(1, "racer")
    answers = all_at_once([lambda c=robot.clone(): c.post("/v1/events", event)
                           for _ in range(CROWD)])
    equal(collections.Counter(a.status for a in answers), {201: CROWD}, "the same event")
    equal(len({a.data["sequence"] for a in answers}), 1, "recorded once")
    answers = all_at_once([lambda c=robot.clone(): c.post("/v1/events", numbered(2, "racer"))
                           for _ in range(CROWD)])
    equal(collections.Counter(a.status for a in answers), {201: 1, 409: CROWD - 1})
    for answer in answers:
        if answer.status == 409:
            equal(answer.error["fieldErrors"][0]["path"], "producer.sequence")
    equal(producers(robot)["racer"]["next"], 3)


def h57_a_producers_name_is_whose_event_came_first(server):
    """Several principals, each with connections of its own, all at once under one name."""
    crowd = [server.agent(f"robot {n}") for n in range(4)]
    answers = all_at_once([lambda c=robot.clone(), n=n: c.post("/v1/events", numbered(n, "ours"))
                           for robot in crowd for n in range(1, 9)])
    owner = producers(crowd[0])["ours"]["principal"]
    mine = [robot.id == owner for robot in crowd for _ in range(1, 9)]
    equal(mine.count(True), 8)
    for is_mine, answer in zip(mine, answers):
        if is_mine:
            answer.expect(201)
        else:
            equal(answer.expect(403).error["fieldErrors"][0]["path"], "producer.id")
    server.kill()
    server.start()
    [winner] = [server.again(robot) for robot in crowd if robot.id == owner]
    state = producers(winner)["ours"]
    equal((state["next"], state["missing"], state["principal"]), (9, [], owner))
    for robot in crowd:
        expected = 201 if robot.id == owner else 403
        server.again(robot).post("/v1/events", numbered(9, "ours")).expect(expected)


def h55_an_obligation_has_one_end(server):
    robot = server.agent()
    opened = robot.emit(outcome="pending").expect(201).data
    owed = robot.get("/v1/obligations").expect(200).data
    equal([each["event"] for each in owed], [opened["id"]])
    told = server.cli("obligations", env={"ASSENT_URL": server.url, "ASSENT_KEY": robot.key})
    check(opened["id"] in told.stdout, told.stdout, told.stderr)
    outcomes = ["success", "failure", "partial"]
    answers = all_at_once([
        lambda c=robot.clone(), n=n: c.emit(id=uuid7(), outcome=outcomes[n % 3],
                                            causationId=opened["id"]) for n in range(CROWD)])
    equal(collections.Counter(a.status for a in answers), {201: 1, 409: CROWD - 1})
    winner = next(a for a in answers if a.status == 201).data["id"]
    for answer in answers:
        if answer.status == 409:
            check(winner in answer.error["message"], answer.error)
            equal(answer.error["fieldErrors"][0]["path"], "causationId")
    equal(robot.get("/v1/obligations").expect(200).data, [])


def h51_an_event_of_another_tenant_is_refused(server):
    robot = server.agent()
    robot.emit(tenantId="default").expect(201)
    answer = robot.emit(tenantId="globex").expect(403)
    equal(answer.error["fieldErrors"][0]["path"], "tenantId")


def h54_a_proof_that_the_policy_demands(server):
    robot = server.agent()
    server.admin.call("PUT", "/v1/policy", raw=b"version: 1\nemissions:\n"
                      b"  - {match: deploy.run, proof: verified}\n",
                      content_type="application/yaml").expect(200)
    refused = robot.emit(type="deploy.run").expect(422)
    equal(refused.error["fieldErrors"][0]["path"], "proof")
    blob = robot.call("PUT", "/v1/blobs", raw=b"a picture",
                      content_type="application/octet-stream").expect(201).data["sha256"]
    seen = robot.emit(type="deploy.run", proof={"type": "screenshot", "blob": blob}).expect(201)
    kept = robot.get("/v1/events/" + seen.data["id"]).expect(200).data["data"]["proof"]
    equal(kept, {"type": "screenshot", "blob": blob})
    refused = robot.emit(proof={"type": "screenshot", "blob": "sha256:" + "0" * 64}).expect(422)
    equal(refused.error["fieldErrors"][0]["path"], "proof.blob")


class Producer(threading.Thread):
    """Numbers its events, sends some never, late or again, until the server is gone."""

    def __init__(self, client, name, first):
        super().__init__()
        self.client, self.name, self.next = client.clone(), name, first
        self.told, self.unsure, self.skipped = set(), {}, set()
        self.obligations = {"open": set(), "closed": set(), "unsure": set()}
        self.fault = None

    def run(self):
        try:
            while True:
                self.one_round()
        except (OSError, http.client.HTTPException):
            pass  # The server was killed: what this is for.
        except Exception as fault:
            self.fault = fault

    def send(self, event):
        sequence = event["producer"]["sequence"]
        self.unsure[sequence] = event
        self.client.post("/v1/events", event).expect(201)
        del self.unsure[sequence]
        self.told.add(sequence)

    def one_round(self):
        sequence, self.next = self.next, self.next + 1
        chance = random.random()
        if chance < 0.1:
            self.skipped.add(sequence)
        elif chance < 0.2 and self.skipped:
            late = self.skipped.pop()
            self.send(numbered(late, self.name))
            self.send(numbered(sequence, self.name))
        elif chance < 0.4:
            self.owe(sequence)
        else:
            self.send(numbered(sequence, self.name))

    def owe(self, sequence):
        event = numbered(sequence, self.name, outcome="pending", id=None)
        del event["id"]
        self.unsure[sequence] = event
        opened = self.client.post("/v1/events", event).expect(201).data["id"]
        del self.unsure[sequence]
        self.told.add(sequence)
        self.obligations["open"].add(opened)
        if random.random() < 0.5:
            self.obligations["unsure"].add(opened)
            self.client.post("/v1/events", {
                "type": "mail.send", "target": event["target"], "outcome": "success",
                "causationId": opened}).expect(201)
            self.obligations["unsure"].discard(opened)
            self.obligations["open"].discard(opened)
            self.obligations["closed"].add(opened)


def missing_of(producer):
    missing = set()
    for text in producer["missing"]:
        first, _, last = text.partition("-")
        missing |= set(range(int(first), int(last or first) + 1))
    return missing


def check_state(server, robot, threads):
    known = producers(robot)
    listed = obligations(robot)
    for thread in threads:
        if thread.fault:
            raise thread.fault
        mine = known.get(thread.name, {"next": 1, "missing": []})
        seen = set(range(1, mine["next"])) - missing_of(mine)
        equal(thread.told - seen, set(), "acknowledged and lost")
        check(seen <= thread.told | set(thread.unsure), "never sent:",
              seen - thread.told - set(thread.unsure))
        owed = thread.obligations
        equal(owed["closed"] & listed, set(), "closed, and listed still")
        equal((owed["open"] - owed["unsure"]) - listed, set(), "open, and not listed")


def kill_9_in_the_middle_leaves_what_was_acknowledged(server):
    robot = server.agent()
    threads = [Producer(robot, f"p{n}", 1) for n in range(8)]
    for _ in range(KILLS):
        for thread in threads:
            thread.start()
        time.sleep(random.uniform(0.3, 1.2))
        server.kill()
        for thread in threads:
            thread.join()
        server.verify()
        server.restart()
        robot = server.client(robot.key)
        check_state(server, robot, threads)
        for thread in threads:  # As an emitter does with what it has in its spool.
            for event in list(thread.unsure.values()):
                if "id" in event:
                    robot.post("/v1/events", event).expect(201)
        known = producers(robot)
        threads = [again(robot, thread, known.get(thread.name, {"next": 1, "missing": []}))
                   for thread in threads]


def again(robot, before, mine):
    thread = Producer(robot, before.name, max(mine["next"], before.next))
    thread.told = set(range(1, mine["next"])) - missing_of(mine)
    thread.skipped = set(range(1, thread.next)) - thread.told
    thread.obligations = before.obligations
    thread.obligations["open"] -= thread.obligations["unsure"]
    thread.obligations["unsure"] = set()
    return thread


if __name__ == "__main__":
    run(h51_an_event_of_another_tenant_is_refused,
        h53_what_never_arrived_is_told_everywhere,
        numbers_are_used_once_whoever_is_first,
        h54_a_proof_that_the_policy_demands,
        h57_a_producers_name_is_whose_event_came_first,
        h55_an_obligation_has_one_end,
        kill_9_in_the_middle_leaves_what_was_acknowledged)
