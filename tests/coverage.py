#!/usr/bin/python3
"""A table by folder of what `llvm-cov export -summary-only` says of agent/ and tools/, and one by file.

    tests/coverage.py [--limit PERCENT] [--files REPORT] SUMMARY

Exit status 1 where less than --limit percent of the lines were reached.
"""
import argparse
import collections
import json
import os
import sys

KINDS = ("lines", "branches", "functions")


def row(name, sums):
    cells = [f"{done:>6} of {count:>6} {100 * done / count if count else 100:5.1f} %" for done, count in sums]
    return f"{name:34} " + "   ".join(cells)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--limit", type=float, default=0)
    parser.add_argument("--files")
    parser.add_argument("summary")
    options = parser.parse_args()
    with open(options.summary, encoding="utf-8") as file:
        data = json.load(file)["data"][0]["files"]
    files, folders = [], collections.defaultdict(lambda: [[0, 0] for _ in KINDS])
    for entry in data:
        name = os.path.relpath(entry["filename"])
        if not name.startswith(("agent/", "tools/")) or not name.endswith(".c"):
            continue
        sums = [(entry["summary"][kind]["covered"], entry["summary"][kind]["count"]) for kind in KINDS]
        files.append((name, sums))
        for folder in (os.path.dirname(name), "all"):
            for total, (done, count) in zip(folders[folder], sums):
                total[0] += done
                total[1] += count
    if options.files:
        with open(options.files, "w", encoding="utf-8") as report:
            print(*(row(name, sums) for name, sums in sorted(files)), sep="\n", file=report)
    print(f"{'':34} " + "   ".join(f"{kind:>24}" for kind in KINDS))
    for folder in sorted(folders, key=lambda name: (name == "all", name)):
        print(row(folder, folders[folder]))
    done, count = folders["all"][0]
    return 1 if not count or 100 * done < options.limit * count else 0


if __name__ == "__main__":
    sys.exit(main())
