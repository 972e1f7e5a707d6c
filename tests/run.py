#!/usr/bin/python3
"""Runs Criterion suites and reports them: failures in full, one line per suite, and the sum in the last line.

    tests/run.py [--limit SECONDS] [--jobs N] [--filter PATTERN] [--under COMMAND] SUITE...

Each suite writes TAP (Criterion 2.4.1's JSON does not escape quotes). Exit status 1 when a test failed, a suite crashed or
outlived its limit, or nothing ran at all.
"""
import argparse
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time

NOT_PICKED = "# SKIP test was skipped"  # what Criterion says of tests that the filter leaves out
RESULT = re.compile(r"^(ok|not ok) - (\S+)(.*)$")


def parse_tap(text):
    """Yields (name, verdict, detail) where verdict is ok, failed or skipped."""
    current = None
    for line in text.splitlines():
        match = RESULT.match(line)
        if not match:
            if current and line.startswith("  "):
                current[2].append(line)
            continue
        if current:
            yield tuple(current)
        word, name, rest = match.groups()
        verdict = "failed" if word == "not ok" else "skipped" if "# SKIP" in rest else "ok"
        current = [name, verdict, [rest.strip()] if rest.strip() else []]
    if current:
        yield tuple(current)


def planned(text):
    match = re.search(r"^1\.\.(\d+)", text, re.MULTILINE)
    return int(match.group(1)) if match else None


def run_suite(path, options):
    """(results, complaint, output): complaint is None or what went wrong with the suite as a whole."""
    if not os.access(path, os.X_OK):
        return [], "cannot be run", ""
    with tempfile.TemporaryDirectory() as directory:
        tap = os.path.join(directory, "tap")
        command = options.under + [path, "--tap=" + tap, "--quiet", "--jobs", str(options.jobs)]
        if options.filter:
            command += ["--filter", options.filter]
        with subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
        ) as suite:
            complaint = None
            try:
                output = suite.communicate(timeout=options.limit)[0]
            except subprocess.TimeoutExpired:
                os.killpg(suite.pid, signal.SIGKILL)
                output = suite.communicate()[0]
                complaint = f"did not finish within {options.limit} s"
            except BaseException:  # it has a session of its own, where neither a terminal's ^C nor a signal to this process comes
                os.killpg(suite.pid, signal.SIGKILL)
                raise
        text = ""
        if os.path.exists(tap):
            with open(tap, encoding="utf-8", errors="replace") as file:
                text = file.read()
    results = [result for result in parse_tap(text) if not options.filter or NOT_PICKED not in result[2]]
    failed = any(verdict == "failed" for _, verdict, _ in results)
    if not complaint and planned(text) is None:
        complaint = f"wrote no results (status {suite.returncode})"
    elif not complaint and suite.returncode != 0 and not failed:
        complaint = f"ended with status {suite.returncode} though no test failed"
    elif not complaint and not options.filter and len(results) != planned(text):
        complaint = f"planned {planned(text)} tests and reported {len(results)}"
    return results, complaint, output.decode("utf-8", "replace")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--limit", type=float, default=240, help="seconds for one suite")
    parser.add_argument("--jobs", type=int, default=2 * (os.cpu_count() or 1), help="tests at a time; most of them wait")
    parser.add_argument("--filter", help="Criterion's pattern SUITE/TEST")
    parser.add_argument("--under", type=shlex.split, default=[], help="a command that the suites are arguments of")
    parser.add_argument("suites", nargs="+", metavar="SUITE")
    options = parser.parse_args()

    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    total = {"ok": 0, "failed": 0, "skipped": 0}
    for path in options.suites:
        began = time.monotonic()
        results, complaint, output = run_suite(path, options)
        counts = {verdict: sum(1 for result in results if result[1] == verdict) for verdict in total}
        if complaint:
            counts["failed"] += 1
        for name, verdict, detail in results:
            if verdict == "failed":
                print(f"FAILED {name}", *detail, sep="\n    ")
            elif verdict == "skipped":
                print(f"skipped {name}: {' '.join(detail).replace('# SKIP', '').strip()}")
        if complaint or counts["failed"]:
            print(output, end="")
        if complaint:
            print(f"FAILED {path} {complaint}")
        for verdict, count in counts.items():
            total[verdict] += count
        print(
            f"{os.path.basename(path)}: {counts['ok']} passed, {counts['failed']} failed, {counts['skipped']} skipped"
            f" in {time.monotonic() - began:.1f} s",
            flush=True,
        )
    print(f"{total['ok']} passed, {total['failed']} failed, {total['skipped']} skipped")
    return 1 if total["failed"] or not total["ok"] else 0


if __name__ == "__main__":
    sys.exit(main())
