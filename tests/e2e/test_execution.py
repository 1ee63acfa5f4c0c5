"""What runs, runs once: leases, kill -9 of either side, and who settles what nobody knows."""

import base64
import concurrent.futures
import hashlib
import hmac
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
from assent_client import (  # noqa: E402
    BINARY,
    PATIENCE,
    ROOT,
    Client,
    check,
    equal,
    eventually,
    own_port,
    run,
    types,
)


def env_of(server, client):
    return {**os.environ, "ASSENT_URL": server.url, "ASSENT_KEY": client.key}


def assent_run(server, client, approval, command, *options, **popen):
    return subprocess.Popen(
        [BINARY, "run", "--approval", approval, "--tool", "deploy", *options, "--", *command],
        env=env_of(server, client), cwd=server.scratch, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, **popen)


def approved(server, robot, ann, command):
    """An approved `assent run` of this command in the scratch directory."""
    asked = robot.request("deploy", {"command": command, "cwd": str(server.scratch)})["id"]
    ann.approve(asked).expect(200)
    return asked


def unresolved(client):
    return [line["id"] for line in client.get("/v1/approvals", status="unknown").data]


def execution_of(client, approval):
    return client.show(approval)["executions"][-1]


def it_renews_its_lease_while_the_command_runs(server):
    robot, ann = server.agent(), server.approver()
    command = ["sh", "-c", "until [ -e enough ]; do sleep 0.1; done"]
    asked = approved(server, robot, ann, command)
    done = assent_run(server, robot, asked, command, "--lease", "6")
    # At a third of the lease each: with the fourth, the lease would have passed.
    eventually(lambda: types(ann.trail(asked)).count("execution.renewed") >= 4, "renewals")
    (server.scratch / "enough").touch()
    _, said = done.communicate(timeout=PATIENCE)
    equal(done.returncode, 0, said)
    equal(robot.show(asked)["status"], "executed")


def h40_trap16_kill_9_in_the_middle_of_the_command_is_unknown_and_settled_by_a_person(server):
    robot, ann = server.agent(), server.approver()
    command = ["sh", "-c", "echo once >> effects; sleep 60"]
    asked = approved(server, robot, ann, command)
    running = assent_run(server, robot, asked, command, "--lease", "1", start_new_session=True)
    eventually((server.scratch / "effects").exists)
    os.killpg(running.pid, signal.SIGKILL)
    running.communicate()
    eventually(lambda: asked in unresolved(ann))
    again = assent_run(server, robot, asked, command)
    _, said = again.communicate(timeout=PATIENCE)
    equal(again.returncode, 3, "what is unknown does not run again:", said)
    equal((server.scratch / "effects").read_text(), "once\n")

    execution = execution_of(ann, asked)
    equal(execution["state"], "unknown")
    path = f"/v1/executions/{execution['id']}/resolve"
    robot.post(path, {"as": "success", "note": "surely"}).expect(403, "INSUFFICIENT_PERMISSIONS")
    ann.post(path, {"as": "success"}).expect(400, "VALIDATION_ERROR")
    ann.post(path, {"as": "maybe", "note": "x"}).expect(400, "VALIDATION_ERROR")
    settled = ann.post(path, {"as": "success", "note": "the line is there"}).expect(200).data
    equal(settled["status"], "executed")
    ann.post(path, {"as": "failure", "note": "no"}).expect(409, "INVALID_STATE")
    equal(unresolved(ann), [])
    equal(types(ann.trail(asked))[-2:], ["execution.unknown", "execution.resolved"])


def h40_kill_9_of_the_server_between_effect_and_completion(server):
    robot, ann = server.agent(), server.approver()
    command = ["sh", "-c", "echo once >> effects; until [ -e gone ]; do sleep 0.1; done"]
    asked = approved(server, robot, ann, command)
    running = assent_run(server, robot, asked, command, "--lease", "5", "--tell-for", "0")
    eventually((server.scratch / "effects").exists)
    server.kill()
    (server.scratch / "gone").touch()
    _, said = running.communicate(timeout=PATIENCE)
    equal(running.returncode, 9, said)
    check("assent execution resolve exe_" in said, "how to settle it is said:", said)
    server.restart()
    robot, ann = server.again(robot), server.again(ann)
    eventually(lambda: asked in unresolved(ann))
    robot.start(asked).expect(409, "ALREADY_CONSUMED")
    execution = execution_of(ann, asked)["id"]
    looked = {"command": "cat effects", "found": (server.scratch / "effects").read_text()}
    resolved = server.cli("execution", "resolve", execution, "--as", "success", "--note", "looked",
                          "--verification", json.dumps(looked), env=env_of(server, robot))
    equal(resolved.returncode, 0, resolved.stderr)
    equal(ann.show(asked)["executions"][0]["resolution"]["verification"], looked)
    equal(ann.show(asked)["status"], "executed")


def a_server_that_comes_back_in_time_is_told(server):
    server.listen = f"127.0.0.1:{own_port()}"
    server.restart()
    robot, ann = server.agent(), server.approver()
    command = ["sh", "-c", "touch began; sleep 1"]
    asked = approved(server, robot, ann, command)
    running = assent_run(server, robot, asked, command, "--lease", "600", "--tell-for", "600")
    eventually((server.scratch / "began").exists)
    server.kill()
    time.sleep(2)
    server.start()
    _, said = running.communicate(timeout=PATIENCE)
    equal(running.returncode, 0, said)
    equal(server.again(ann).show(asked)["status"], "executed")


def a_failed_resolution_leaves_the_other_attempts(server):
    robot, ann = server.agent(), server.approver()
    asked = robot.request("deploy")["id"]
    ann.approve(asked).expect(200)
    for attempt in (1, 2, 3):
        execution = robot.start(asked).expect(201).data
        equal(execution["attempt"], attempt)
        robot.complete(execution["executionId"], "unknown").expect(200)
        robot.start(asked).expect(409, "ALREADY_CONSUMED")
        ann.post(f"/v1/executions/{execution['executionId']}/resolve",
                 {"as": "failure", "note": "nothing was done"}).expect(200)
    robot.start(asked).expect(409, "ALREADY_CONSUMED")
    equal(types(ann.trail(asked)).count("escalation.triggered"), 1)


def a_proof_is_a_file_that_everybody_can_fetch(server):
    robot, ann = server.agent(), server.approver()
    command = ["sh", "-c", "echo deleted > receipt"]
    asked = approved(server, robot, ann, command)
    done = assent_run(server, robot, asked, command, "--proof", str(server.scratch / "receipt"))
    _, said = done.communicate(timeout=PATIENCE)
    equal(done.returncode, 0, said)
    proof = ann.trail(asked)[-1]["data"]["proof"]
    equal(proof["name"], "receipt")
    equal(ann.get("/v1/blobs/" + proof["sha256"]).expect(200).body, b"deleted\n")

    other = approved(server, robot, ann, ["true"])
    done = assent_run(server, robot, other, ["true"], "--proof", "/nowhere")
    _, said = done.communicate(timeout=PATIENCE)
    equal(done.returncode, 1, "a proof that was asked for and is not there is said:", said)
    check("proofMissing" in ann.show(other)["executions"][0]["result"])


def h41_failures_stay_honest(server):
    robot, ann = server.agent(), server.approver()
    for attempt in (["sh", "-c", "exit 7"], ["sh", "-c", "kill -TERM $$"]):
        asked = approved(server, robot, ann, attempt)
        done = assent_run(server, robot, asked, attempt)
        done.communicate(timeout=PATIENCE)
        check(done.returncode in (7, 128 + signal.SIGTERM), done.returncode)
        equal(robot.show(asked)["status"], "approved")
        equal(types(ann.trail(asked))[-1], "execution.failed")
    asked = robot.request("deploy")["id"]
    ann.approve(asked).expect(200)
    execution = robot.start(asked).expect(201).data["executionId"]
    told = robot.complete(execution, result={"success": False}).expect(200).data
    equal((told["outcome"], told["status"]), ("failure", "approved"))
    check(told["note"], "the answer says why")


def a_sigterm_reaches_the_command_and_its_end_is_told(server):
    robot, ann = server.agent(), server.approver()
    command = ["sh", "-c", "touch began; exec sleep 60"]
    asked = approved(server, robot, ann, command)
    running = assent_run(server, robot, asked, command)
    eventually((server.scratch / "began").exists)
    running.send_signal(signal.SIGTERM)
    running.communicate(timeout=PATIENCE)
    equal(running.returncode, 128 + signal.SIGTERM)
    equal(execution_of(ann, asked)["state"], "failure")


def h39_one_approved_item_runs_once_however_many_try(server):
    robot, ann = server.agent(), server.approver()
    command = ["sh", "-c", "echo once >> effects"]
    asked = approved(server, robot, ann, command)
    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        runs = [assent_run(server, robot, asked, command) for _ in range(20)]
        list(pool.map(lambda each: each.communicate(timeout=PATIENCE), runs))
        codes = sorted(each.returncode for each in runs)
    equal(codes.count(0), 1, codes)
    equal((server.scratch / "effects").read_text(), "once\n")


def a_lease_is_bounded_and_malformed_ones_are_refused(server):
    robot, ann = server.agent(), server.approver()
    asked = robot.request("deploy")["id"]
    ann.approve(asked).expect(200)
    for seconds in (0, -1, 604_801, "60", 1.5):
        robot.start(asked, leaseSeconds=seconds).expect(400, "VALIDATION_ERROR")
    equal(robot.start(asked, leaseSeconds=3601).expect(422).fields(), ["leaseSeconds"])
    execution = robot.start(asked, leaseSeconds=3600).expect(201).data["executionId"]
    path = f"/v1/executions/{execution}/renew"
    ann.post(path).expect(403, "INSUFFICIENT_PERMISSIONS")
    equal(robot.post(path, {"leaseSeconds": 3601}).expect(422).fields(), ["leaseSeconds"])
    robot.post(path, {"seconds": 1}).expect(400, "VALIDATION_ERROR")
    robot.post(path).expect(200)
    robot.post("/v1/executions/exe_nonsense/renew").expect(400, "VALIDATION_ERROR")


def the_receiver_of_the_documentation_knows_our_calls(server):
    made = server.cli("executor", "secret", "--data", server.data, "--output", "json")
    equal(made.returncode, 0, made.stderr)
    secret = json.loads(made.stdout)["secret"]
    equal(server.cli("executor", "secret", "--data", server.data, "--tenant", "none").returncode, 1)
    source = re.search(r"^```python\n(.*?)^```", (ROOT / "docs/executing.md").read_text(),
                       re.M | re.S)[1]
    port = own_port()
    receiver = subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE,
                                stderr=subprocess.DEVNULL, text=True,
                                env={**os.environ, "EXECUTOR_SECRET": secret, "PORT": str(port)})
    try:
        call = Client(("127.0.0.1", port))

        def listens():
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", port)) == 0
        eventually(listens)

        def send(execution, at=None, by=secret):
            body = json.dumps({"executionId": execution, "tool": "fs.delete",
                               "arguments": {}}).encode()
            stamp = str(int(at or time.time()))
            key = base64.b64decode(by.removeprefix("whsec_"))
            mac = hmac.new(key, f"{execution}.{stamp}.".encode() + body, hashlib.sha256).digest()
            call.close()
            return call.call("POST", "/execute", raw=body, headers={
                "webhook-id": execution, "webhook-timestamp": stamp,
                "webhook-signature": "v1," + base64.b64encode(mac).decode()})

        equal(send("exe_1").json["success"], True)
        equal(send("exe_1").status, 200, "a replay has the same answer")
        equal(send("exe_2", at=time.time() - 3600).status, 401)
        equal(send("exe_3", by="whsec_" + base64.b64encode(b"x" * 32).decode()).status, 401)
    finally:
        receiver.terminate()
        said, _ = receiver.communicate(timeout=PATIENCE)
    equal(said.count("executing"), 1, "and no second effect:", said)


if __name__ == "__main__":
    run(it_renews_its_lease_while_the_command_runs,
        h40_trap16_kill_9_in_the_middle_of_the_command_is_unknown_and_settled_by_a_person,
        h40_kill_9_of_the_server_between_effect_and_completion,
        a_server_that_comes_back_in_time_is_told,
        a_failed_resolution_leaves_the_other_attempts,
        a_proof_is_a_file_that_everybody_can_fetch,
        h41_failures_stay_honest,
        a_sigterm_reaches_the_command_and_its_end_is_told,
        h39_one_approved_item_runs_once_however_many_try,
        a_lease_is_bounded_and_malformed_ones_are_refused,
        the_receiver_of_the_documentation_knows_our_calls)
