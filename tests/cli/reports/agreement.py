#!/usr/bin/python3
"""How well the groups of `ttlog collect --format json` are the kinds of the deaths: snapshots lie in .../KIND/BUILD/. Counts pairs of deaths:
precision is the part of those in one group that are of one kind, recall the part of those of one kind that are in one group.
Usage: agreement.py REPORT. Prints them, and each kind that is more than one group, each group that is more than one kind."""
import collections
import json
import sys

report = json.load(open(sys.argv[1]))
kinds, groups = collections.defaultdict(collections.Counter), collections.defaultdict(collections.Counter)
builds = collections.defaultdict(set)
for group in report['groups']:
    for path in group['snapshots']:
        kind, build = path.split('/')[-3:-1]
        kinds[kind][group['title']] += 1
        groups[group['title']][kind] += 1
        builds[kind, group['title']].add(build)


def pairs(counts):
    return sum(n * (n - 1) // 2 for n in counts)


both = pairs(n for group in groups.values() for n in group.values())
in_group = pairs(sum(group.values()) for group in groups.values())
of_kind = pairs(sum(kind.values()) for kind in kinds.values())
for name, group in sorted(groups.items()):
    if len(group) > 1:
        print(f'one group, several kinds: {name}: {dict(group)}')
for name, kind in sorted(kinds.items()):
    if len(kind) > 1:
        print(f'one kind, several groups: {name}: ' + '; '.join(f"{title} ({' '.join(sorted(builds[name, title]))})" for title in kind))
print(f"{report['deaths']} deaths of {len(kinds)} kinds in {len(groups)} groups: precision {both / in_group:.3f} recall {both / of_kind:.3f}")
