#!/usr/bin/python3
"""Is this what tests/bench/run writes in its short form? Usage: validate.py JSON. Prints what is wrong, one complaint a line."""
import collections
import json
import sys

TEXTS = ("cpu", "kernel", "glibc", "gcc", "lttng-ust", "spdlog", "gdb", "date")
MACHINE = {**{name: str for name in TEXTS}, "cores": int, "load": float}

MACRO = ["text only", "3 key-values", "formatted", "text, in a context", "filtered out by level", "span, both its events", "span, filtered out"]
ROWS = {
    "One event, 1 thread": [
        "limit", *("macro, " + row for row in MACRO), *(f"macro, {row}, shared lane" for row in MACRO[:3]),
        "macro, text only, no agent", "macro, 3 key-values, no agent",
    ],
    "One event, 1 thread, with a listener": [
        f"macro, {row}, {policy}" for policy in ("drop", "block") for row in MACRO[:2]
    ],
    "One event into a file, sustained": [
        "macro, 3 key-values, block: each written", "macro, 3 key-values, drop: written or counted as lost",
    ],
    "Redaction of one event into a file, sustained": ["the built-in rules", "and two expressions"],
    "Redaction of a snapshot, abort to reaped": [f"100 events, {rules}" for rules in ("the built-in rules", "and two expressions")],
    "One event of each of 2 threads, own lanes": [
        *2 * ["macro, " + row for row in MACRO], "additions (1: two cores, 2: one physical core)", "limit",
    ],
    **{
        f"One event of each of {where} lanes": ["macro, " + row for row in MACRO]
        for where in ("8 threads, own", "2 threads, shared", "8 threads, shared")
    },
    "What an unmodified program says, with the agent": [
        "printf", "printf, a second thread exists", "fprintf(stderr), unbuffered", "fputs", "write, 64 bytes", "syslog",
    ],
    "A fault that the program's own handler survives": [
        f"{what}, {library}"
        for what in ("handler that moves the program counter", "null check of Java's, with its exception")
        for library in ("empty preloaded library", "agent")
    ],
    "Ring memory of one event": ["macro, text only", "macro, 3 key-values", "printf, a line of 36 bytes"],
    "Resident memory of the recorder": ["one line said", "a lane filled by printf"],
    "Start to end of a process": ["/bin/true, plain", "/bin/true, agent", "/bin/echo, plain", "/bin/echo, agent"],
    "fork + exec of 3 processes by one parent, each": ["/bin/true, plain", "/bin/true, agent"],
    "A snapshot of N events with 3 key-values": [
        f"{events} events: {row}" for events in ("100", "1,000") for row in ("abort to reaped", "ttlog recover after SIGKILL")
    ],
    "The same snapshot's file": ["100 events with 3 key-values", "1,000 events with 3 key-values"],
    "ttlog view of a snapshot": [
        f"{events} events: {row}"
        for events in ("100", "1,000")
        for row in ("the last 20", "all as text", "those that match --grep", "all as NDJSON")
    ],
    "ttlog db": ["30 snapshots into a new index", "30 snapshots that are in it", "ttlog db report"],
    "A search in snapshots of 1,000 events": [
        f"3 files: {row}"
        for row in ("ttlog grep -c, a match each", "ttlog grep -c -j 1", "zcat of text | grep -c")
    ],
    "ttlog symbolize": [f"a crash of 5 threads: {row}" for row in ("cold", "cached")],
    "A crash, from the fault to the death reaped": ["1 thread: agent, snapshot written", "4 threads: agent, snapshot written"],
}
# What only root in a place of its own can measure.
MAY_BE_REFUSED = "needs the right to mount"


def complaints(result):
    for name, kind in MACHINE.items():
        if not isinstance(result["machine"].get(name), kind) or result["machine"][name] == "":
            yield f"machine: {name} is {result['machine'].get(name)!r}"
    found = {}
    for row in result["rows"]:
        found.setdefault((row["section"].split(", 2 runs")[0], row["name"]), []).append(row)
    wanted = collections.Counter((section, name) for section, names in ROWS.items() for name in names)
    for key, count in wanted.items():
        if len(found.get(key, [])) != count:
            yield f"{key}: {len(found.get(key, []))} rows"
    for key in found:
        if key not in wanted:
            yield f"{key}: not expected"
    for key, rows in found.items():
        if "refused" in rows[0]:
            if not rows[0]["refused"].startswith(MAY_BE_REFUSED):
                yield f"{key}: {rows[0]['refused']}"
            continue
        if rows[0]["rounds"] < 1 or not rows[0]["unit"] or not rows[0]["against"]:
            yield f"{key}: no rounds, unit or baseline"
        for part in ("row", "baseline", "ratio"):
            figure = rows[0][part]
            if not 0 < figure["min"] <= figure["median"] <= figure["max"]:
                yield f"{key}: {part} is {figure}"


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        result = json.load(file)
    found = list(complaints(result))
    print(*found, sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
