#!/usr/bin/env python3
"""Writes the bundles of cases.json: `make.py DIRECTORY`. `make.py --update` renews cases.json."""

import argparse
import hashlib
import json
import pathlib
import sys

from cases import CASES, make_good, make_good_with_extras, make_rotations
from parts import HERE
from tampered_archive import (
    make_tampered_archives,
    make_tampered_checkpoints,
    make_tampered_manifests,
    make_tampered_members,
)
from tampered_log import (
    make_odd_entries,
    make_second_preimages,
    make_tampered_events,
    make_tampered_proofs,
)


def make():
    for step in (
        make_good,
        make_good_with_extras,
        make_rotations,
        make_tampered_events,
        make_odd_entries,
        make_second_preimages,
        make_tampered_proofs,
        make_tampered_checkpoints,
        make_tampered_manifests,
        make_tampered_members,
        make_tampered_archives,
    ):
        step()


def listed():
    """What cases.json says: of each case what is expected, and of which bytes."""
    value = {
        name: {**expected, "sha256": hashlib.sha256(tar).hexdigest()}
        for name, (tar, expected) in CASES.items()
    }
    return (json.dumps(value, sort_keys=True, ensure_ascii=False, indent=1) + "\n").encode()


def write(directory):
    for name, (tar, expected) in CASES.items():
        case = directory / name
        case.mkdir(parents=True, exist_ok=True)
        (case / "bundle.tar").write_bytes(tar)
        (case / "expected.json").write_text(json.dumps(expected), encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description="Writes the bundle vectors.")
    parser.add_argument("directory", nargs="?", type=pathlib.Path, help="where to write them")
    parser.add_argument("--update", action="store_true", help="write cases.json anew")
    options = parser.parse_args()
    make()
    if options.update:
        (HERE / "cases.json").write_bytes(listed())
    if (HERE / "cases.json").read_bytes() != listed():
        print(
            "cases.json says something else: run make.py --update, and read the diff",
            file=sys.stderr,
        )
        return 1
    if options.directory:
        write(options.directory)
    return 0


if __name__ == "__main__":
    sys.exit(main())
