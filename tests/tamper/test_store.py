"""Whoever owns the disk changes the store: each column of each table, rows taken away, doubled,
swapped, renumbered, backdated and given to another tenant; an older copy put back. `verify` finds
each, and says where. What nobody authenticates is listed here, with the reason.

Some rows of each table in an everyday run, all of them with ASSENT_LONG=1.
"""

import concurrent.futures
import os
import pathlib
import random
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from tampering import (  # noqa: E402
    LONG,
    check,
    copy_of,
    equal,
    main,
    position_of,
    verdict,
    without_triggers,
)

# Not evidence, and why.
OUTSIDE = {
    "idempotency": "answers that were given, for a week; what they answered is in the log",
    "event_ids": "where the events are that emitters named; each retry is compared with the event",
    "event_ids_since": "from when on there are such rows; before it, the index is asked",
}
ROWS_OF_EVENTS = None if LONG else 100
ROWS_OF_STATE = None if LONG else 5


def changed(value):
    """Another value of the same kind."""
    if value is None:
        return 1
    if isinstance(value, int):
        return value + 1
    if isinstance(value, bytes):
        return bytes([value[0] ^ 1]) + value[1:] if value else b"\0"
    return value[:-1] + chr(ord(value[-1]) ^ 1) if value else "x"


def rows_of(database, table, keys, limit, generator):
    rows = database.execute(f"SELECT {', '.join(keys)} FROM {table}").fetchall()
    if limit is not None and len(rows) > limit:
        rows = generator.sample(rows, limit)
    return rows


def cells(victim):
    """(table, column, key columns, key) of what is changed."""
    generator = random.Random(4)
    with victim.connect(victim.data) as database:
        for table, columns in victim.tables.items():
            keys = [column[1] for column in columns if column[5]]
            limit = ROWS_OF_EVENTS if table == "events" else ROWS_OF_STATE
            for key in rows_of(database, table, keys, limit, generator):
                for column in columns:
                    yield table, column[1], keys, key


def change_cell(arguments):
    """`impossible`, `outside`, or what verify says of it."""
    data, (table, column, keys, key) = arguments
    where = " AND ".join(f"{name} IS ?" for name in keys)
    with copy_of(data) as copy:
        with without_triggers(copy) as database:
            (old,) = database.execute(f"SELECT {column} FROM {table} WHERE {where}", key).fetchone()
            try:
                database.execute(f"UPDATE {table} SET {column} = ? WHERE {where}",
                                 (changed(old), *key))
            except Exception:
                return "impossible"  # The schema does not take it: there is such a key already.
        found = verdict(copy)
    if table in OUTSIDE:
        equal(found, None, f"{table}.{column} is said to be outside")
        return "outside"
    check(found is not None, f"nobody notices that {table}.{column} of {key} was changed")
    if table == "events":
        sequence = key[0] & ((1 << 40) - 1)
        check(found["sequence"] is not None and found["sequence"] <= sequence,
              f"event {sequence}, {column}: {found}")
        if column != "position":
            equal(found["sequence"], sequence, f"{column}: {found}")
    return "found"


def every_column_of_every_table(victim):
    work = [(victim.data, cell) for cell in cells(victim)]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(change_cell, work))
    counts = {name: results.count(name) for name in ("found", "outside", "impossible")}
    counts["columns"] = len({cell[:2] for _, cell in work})
    check(counts["found"] > 200, counts)
    return counts


def tampered(victim, *statements):
    with copy_of(victim.data) as copy:
        with without_triggers(copy) as database:
            for statement in statements:
                database.execute(statement)
        return verdict(copy)


def rows_are_taken_doubled_swapped_renumbered_backdated(victim):
    """Events, one attack each at some places of the log; the first bad sequence is the place."""
    with victim.connect(victim.data) as database:
        (size,) = database.execute("SELECT size FROM heads WHERE tenant = 1").fetchone()
    counts = {}
    for at in {0, 1, 7, size // 2, size - 2, size - 1}:
        here, after = position_of(at), position_of(at + 1)
        attacks = {
            "delete": [f"DELETE FROM events WHERE position = {here}"],
            "double at the end": [
                f"INSERT INTO events SELECT {position_of(size)}, leaf, body FROM events "
                f"WHERE position = {here}"],
            "truncate": [f"DELETE FROM events WHERE position >= {here} AND "
                         f"position < {position_of(size)}"],
            "backdate": [f"UPDATE events SET body = CAST(replace(body, '\"time\":\"2', "
                         f"'\"time\":\"1') AS BLOB) WHERE position = {here}"],
            "renumber inside": ["UPDATE events SET body = CAST(replace(body, "
                                f"'{at:020}', '{at + 1:020}') AS BLOB) WHERE position = {here}"],
            "another tenant": ["UPDATE events SET body = CAST(replace(body, "
                               "'\"tenantid\":\"default\"', '\"tenantid\":\"acme\"') AS BLOB) "
                               f"WHERE position = {here}"]}
        if at + 1 < size:
            attacks["swap"] = [f"UPDATE events SET position = -1 WHERE position = {here}",
                               f"UPDATE events SET position = {here} WHERE position = {after}",
                               f"UPDATE events SET position = {after} WHERE position = -1"]
            attacks["close the gap"] = [
                f"DELETE FROM events WHERE position = {here}",
                f"UPDATE events SET position = position - 1 WHERE position > {here} "
                f"AND position < {position_of(size)}"]
        for name, statements in attacks.items():
            found = tampered(victim, *statements)
            check(found is not None, f"{name} at {at} goes unnoticed")
            wanted = size if name == "double at the end" else at
            equal(found["sequence"], wanted, f"{name} at {at}: {found['what']}")
            counts[name] = counts.get(name, 0) + 1
    return counts


def state_rows_are_taken_and_added(victim):
    counts = {"taken": 0, "flipped": 0}
    for table in victim.tables:
        if table in OUTSIDE or table in ("events", "migrations"):
            continue
        with victim.connect(victim.data) as database:
            (rows,) = database.execute(f"SELECT COUNT(*) FROM {table}").fetchone()
        if rows:
            found = tampered(victim, f"DELETE FROM {table}")
            check(found is not None, f"the rows of {table} can be taken")
            counts["taken"] += 1
    # What everybody would try first.
    for status in ("pending", "approved", "rejected", "expired"):
        found = tampered(victim, f"UPDATE approvals SET status = '{status}' "
                                 f"WHERE rowid = (SELECT MIN(rowid) FROM approvals "
                                 f"WHERE status <> '{status}')")
        check(found is not None and "approvals" in found["what"], found)
        counts["flipped"] += 1
    return counts


def an_older_copy_is_put_back(victim):
    """The database of yesterday under the checkpoint of today."""
    with victim.connect(victim.data) as database:
        (size,) = database.execute("SELECT size FROM heads WHERE tenant = 1").fetchone()
    found = tampered(victim, f"DELETE FROM events WHERE position = {position_of(size - 1)}",
                     f"UPDATE heads SET size = {size - 1} WHERE tenant = 1")
    check(found is not None, "a shorter log under a longer checkpoint goes unnoticed")
    return {"size": size}


if __name__ == "__main__":
    main(every_column_of_every_table, rows_are_taken_doubled_swapped_renumbered_backdated,
         state_rows_are_taken_and_added, an_older_copy_is_put_back)
