#!/usr/bin/env python3
"""Compiles a plan into the DAG that an executor runs: a node for each step, with its whole content.

    examples/plans/compile.py month_end.json > dag.json     the DAG
    examples/plans/compile.py --hash month_end.json         the plan's irHash, computed without Assent
    examples/plans/compile.py --order month_end.json        the ids in an order in which they can run

The nodes stand in the order of the steps: in what order they run is said by dependsOn, and a diff
fails on nodes that were moved. A step that has no stepId is called by its index. irStepHash is what
a node claims to be the hash of its step; Assent hashes the content itself and only compares.
"""

import argparse
import graphlib
import hashlib
import json
import sys


def canonical(value):
    """RFC 8785, for what a plan may have: without floats it is but sorting and escaping."""
    if isinstance(value, dict):
        members = sorted(value.items(), key=lambda member: member[0].encode("utf-16-be"))
        texts = (canonical(name) + ":" + canonical(member) for name, member in members)
        return "{" + ",".join(texts) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, float):
        raise SystemExit(f"a plan has no floats: {value}")
    return json.dumps(value, ensure_ascii=False)


def sha256(value):
    return "sha256:" + hashlib.sha256(canonical(value).encode()).hexdigest()


def semantic(step):
    """What a step means: all that it says but its description."""
    return {name: value for name, value in step.items() if name != "description"}


def plan_hash(plan, tenant="default"):
    steps = [semantic(step) for step in plan["steps"]]
    return sha256({"tenantId": plan.get("tenantId", tenant), "steps": steps})


def id_of(step, index):
    return step.get("stepId", str(index))


def compile_plan(plan):
    nodes = []
    for index, step in enumerate(plan["steps"]):
        node = semantic(step)
        node.pop("stepId", None)
        node.update(irStepId=id_of(step, index), irStepHash=sha256(semantic(step)))
        nodes.append(node)
    return {"nodes": nodes}


def run_order(plan):
    needs = {id_of(step, index): step.get("dependsOn", [])
             for index, step in enumerate(plan["steps"])}
    return list(graphlib.TopologicalSorter(needs).static_order())


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("plan", help="a plan as JSON; - reads it from standard input")
    wanted = parser.add_mutually_exclusive_group()
    wanted.add_argument("--hash", action="store_true", help="print the plan's irHash")
    wanted.add_argument("--order", action="store_true", help="print the ids as they can run")
    arguments = parser.parse_args()
    with (sys.stdin if arguments.plan == "-" else open(arguments.plan, encoding="utf-8")) as file:
        plan = json.load(file)
    if arguments.hash:
        print(plan_hash(plan))
    elif arguments.order:
        print("\n".join(run_order(plan)))
    else:
        print(json.dumps(compile_plan(plan), ensure_ascii=False, indent=2))


if __name__ == "__main__":
    main()
