"""RFC 8785 as another implementation has it: doubles against Node's JSON.stringify, whole
documents against the package `canonicalize`. 20,000 doubles of a fixed seed; with ASSENT_LONG=1 a
million, of a new one that is named when they differ.

    test_canonical.py CANONICAL_LINES       the program built from canonical_lines.cc
"""

import json
import math
import os
import pathlib
import random
import struct
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
LONG = bool(os.environ.get("ASSENT_LONG"))
SEED = random.SystemRandom().getrandbits(64) if LONG else 8785
NUMBERS = 1_000_000 if LONG else 20_000
DOCUMENTS = 50_000 if LONG else 2_000

INTEGER_MAX = 2**53 - 1
EXPONENT_MASK = 0x7FF << 52


def bits_of(number):
    return struct.unpack(">Q", struct.pack(">d", number))[0]


def double_of(bits):
    return struct.unpack(">d", struct.pack(">Q", bits))[0]


def is_finite(bits):
    return bits & EXPONENT_MASK != EXPONENT_MASK


# Where the notation changes, where doubles become whole numbers or subnormal, and where they end.
EDGES = [0.0, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, 1e-7, 1e-6, 1e-5, 0.1, 1.0,
         1e15, 1e16, 2.0**52, 2.0**53, 2.0**63, 2.0**64, 1e17, 1e20, 1e21, 1e22, 1e23]


def make_bits(source):
    """A double of one of the kinds that go wrong."""
    kind = source.randrange(8)
    if kind < 3:
        return source.getrandbits(64)  # Any exponent.
    if kind == 3:
        subnormal = source.getrandbits(52) >> source.randrange(52)
        return subnormal | source.getrandbits(1) << 63
    if kind == 4:  # Beside an edge, a power of ten or of two.
        edge = source.choice([source.choice(EDGES), float(f"1e{source.randrange(-323, 309)}"),
                              math.ldexp(1.0, source.randrange(-1074, 1024))])
        bits = bits_of(edge) + source.randrange(-3, 4)
        return (bits | source.getrandbits(1) << 63) & 2**64 - 1
    if kind == 5:
        return bits_of(float(source.getrandbits(64) >> source.randrange(64)))  # Whole.
    if kind == 6:
        return bits_of(round(source.uniform(-1e6, 1e6), source.randrange(8)))  # What people write.
    return bits_of(source.randrange(-10**17, 10**17) / 10.0**source.randrange(40))


def numbers(source, count):
    found = []
    while len(found) < count:
        bits = make_bits(source)
        if is_finite(bits):
            found.append(bits)
    return found


LETTERS = list("abcAZ09_$/\\\"\b\t\n\f\r\x00\x0b\x1f\x7f é ß€™日本\u2028\ud7ff\ue000\ufb33\uffff") + \
    ["😀", "𐀀", "\U0010ffff", "created", "At"]


def make_text(source):
    return "".join(source.choice(LETTERS) for _ in range(source.randrange(9)))


def make_number(source):
    if source.randrange(2):
        return source.randrange(-INTEGER_MAX, INTEGER_MAX + 1) >> source.randrange(53)
    while True:
        bits = make_bits(source)
        if not is_finite(bits):
            continue
        number = double_of(bits)
        # Between these the canonical form is a whole number that our reader refuses to read.
        if not INTEGER_MAX < abs(number) < 1e21:
            return number


def make_value(source, depth):
    kind = source.randrange(4 if depth == 0 else 8)
    if kind == 0:
        return source.choice([None, True, False])
    if kind == 1:
        return make_number(source)
    if kind < 4:
        return make_text(source)
    if kind < 6:
        return [make_value(source, depth - 1) for _ in range(source.randrange(5))]
    return {make_text(source): make_value(source, depth - 1) for _ in range(source.randrange(8))}


def make_document(source):
    text = json.dumps(make_value(source, 4), ensure_ascii=bool(source.randrange(2)),
                      separators=source.choice([(",", ":"), (", ", ": "), (" ,\t", " :\r")]))
    return text.replace("/", "\\/") if source.randrange(4) == 0 else text


def ask(command, lines):
    text = "".join(line + "\n" for line in lines)
    answer = subprocess.run(command, input=text.encode(), stdout=subprocess.PIPE, check=True)
    return answer.stdout.decode().split("\n")[:-1]


def compare(program, kind, lines):
    ours = ask([program, kind], lines)
    theirs = ask(["node", HERE / "canonical_lines.cjs", kind], lines)
    assert len(ours) == len(theirs) == len(lines), (len(ours), len(theirs), len(lines))
    for line, our, their in zip(lines, ours, theirs):
        assert our == their, f"seed {SEED}: of {line}\nours:   {our}\ntheirs: {their}"
    print(f"ok: {len(lines)} {kind}")


def main():
    assert (HERE / "node_modules").exists(), "run `tools/install test`"
    program = sys.argv[1]
    source = random.Random(SEED)
    compare(program, "numbers", [f"{bits:016x}" for bits in numbers(source, NUMBERS)])
    compare(program, "documents", [make_document(source) for _ in range(DOCUMENTS)])


if __name__ == "__main__":
    main()
