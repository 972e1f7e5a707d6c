#!/usr/bin/python3
"""Holds trace events on standard input to the rules of the Trace Event Format, JSON object format; prints what breaks them, status 1 then.

From that document: which members an event of each phase has and of which types, scopes of instants, reserved colour names, metadata of
processes and threads, complete events of one thread inside each other or apart.
"""
import collections
import json
import math
import sys

COLOURS = {"good", "bad", "terrible", "black", "grey", "white", "yellow", "olive", "generic_work", "startup", "thread_state_running"}
NUMBER, WHOLE, TEXT, MAP = (int, float), (int,), (str,), (dict,)
COMMON = {"ph": TEXT, "name": TEXT, "pid": WHOLE, "tid": WHOLE, "args": MAP}
TIMED = {**COMMON, "cat": TEXT, "ts": NUMBER}
PHASES = {"M": COMMON, "i": {**TIMED, "s": TEXT}, "X": {**TIMED, "dur": NUMBER}}
OPTIONAL = {"cname": TEXT}
LEVELS = {"trace", "debug", "info", "warn", "error", "fatal", "open", "end"}

wrong = []


def no_twins(pairs):
    twins = [key for key, count in collections.Counter(key for key, _ in pairs).items() if count > 1]
    if twins:
        wrong.append(f"members that stand there twice: {twins}")
    return dict(pairs)


def check(number, event):
    def say(what):
        wrong.append(f"event {number}: {what}: {json.dumps(event)[:300]}")

    members = PHASES.get(event.get("ph"))
    if members is None:
        return say("no phase of ours")
    for name, types in members.items():
        if not isinstance(event.get(name), types) or isinstance(event.get(name), bool):
            say(f"{name} is missing or of another type")
    for name in event.keys() - members.keys():
        if name not in OPTIONAL or event["ph"] == "M":
            say(f"{name} is no member of this phase")
    if event.get("cname", "good") not in COLOURS:
        say("no reserved colour")
    if event["ph"] == "M":
        if event["name"] not in ("process_name", "thread_name") or event["args"].keys() != {"name"} or not isinstance(event["args"]["name"], str):
            say("no metadata of ours")
        return None
    if not math.isfinite(event["ts"]) or event["ts"] < 0 or event.get("dur", 0) < 0:
        say("no time")
    if not all(event["cat"].split(",")) or not LEVELS & set(event["cat"].split(",")):
        say("categories without a level")
    if event["ph"] == "i" and event["s"] not in ("g", "p", "t"):
        say("no scope")
    return None


def check_bars(thread, bars):
    """Sorted, outer ones first: each begins within the one that is open, and ends there, or behind it."""
    stack = []
    for begin, end in sorted(bars, key=lambda bar: (bar[0], -bar[1])):
        while stack and stack[-1] <= begin:
            stack.pop()
        if stack and end > stack[-1]:
            wrong.append(f"thread {thread}: bars that overlap: {begin}..{end} and one that ends at {stack[-1]}")
        stack.append(end)


def main():
    trace = json.load(sys.stdin, object_pairs_hook=no_twins, parse_constant=lambda text: wrong.append(f"{text} is no JSON"))
    if trace.keys() != {"displayTimeUnit", "traceEvents"} or trace["displayTimeUnit"] not in ("ms", "ns"):
        wrong.append(f"members of the whole: {list(trace)}")
    events = trace["traceEvents"]
    for number, event in enumerate(events):
        check(number, event)
    bars = collections.defaultdict(list)
    for event in events:
        if event.get("ph") == "X":
            begin = round(event["ts"] * 1000)
            bars[event["pid"], event["tid"]].append((begin, begin + round(event["dur"] * 1000)))
    for thread, list_of_bars in bars.items():
        check_bars(thread, list_of_bars)
    named = {event["tid"] for event in events if event.get("name") == "thread_name"}
    for tid in {event["tid"] for event in events if event.get("ph") != "M"} - named:
        wrong.append(f"thread {tid} has no name")
    for line in wrong:
        print(line)
    counts = collections.Counter(event["ph"] for event in events)
    print("instants %d, bars %d" % (counts["i"], counts["X"]))
    return 1 if wrong else 0


sys.exit(main())
