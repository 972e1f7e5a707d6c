"""The table of all that was measured, build/transparency.md."""
from explained import EXPLAINED

HEAD = (
    "| program or suite | tests | verdicts without | with | passed without | with | differ | explained | vary by themselves | captured "
    "| s without | with | equal? |\n|" + "---|" * 13 + "\n"
)


def why(suite, name):
    for (of, prefix), text in EXPLAINED.items():
        if of == suite and name.startswith(prefix):
            return text
    return None


class Row:
    """What the records of one suite say; `missing` says why it could not be run with the present agent."""

    def __init__(self, name, tests, records, agent, missing):
        self.name, self.tests, self.records, self.missing = name, tests, records, missing
        self.earlier = sum(record.agent != agent for record in records)
        self.differing, self.varying, self.explained = [], [], []
        for record in records:
            for verdict, (without, with_agent) in record.unequal.items():
                self.sort(verdict, without, with_agent)

    def sort(self, verdict, without, with_agent):
        if set(with_agent) <= set(without):
            self.varying.append((verdict, "; ".join(without), "; ".join(with_agent)))
        elif why(self.name, verdict):
            self.explained.append((verdict, why(self.name, verdict)))
        else:
            self.differing.append((verdict, "; ".join(without), "; ".join(with_agent)))

    def sums(self, field):
        return [sum(getattr(record, field)[side] for record in self.records) for side in (0, 1)]

    def captured(self):
        events, deaths = sum(record.events for record in self.records), {}
        for record in self.records:
            for reason, count in record.captured.items():
                deaths[reason] = deaths.get(reason, 0) + count
        texts = [f"{events:,} events"] if events else []
        return ", ".join(texts + [f"{count} {reason}" for reason, count in sorted(deaths.items())]) or "no death"

    def cells(self):
        if not self.records:
            return [f"0 of {self.tests}" if self.tests else "", *[""] * 10, f"not run{self.missing and ': ' + self.missing or ''}"]
        count = str(self.tests) if len(self.records) == self.tests else f"{len(self.records)} of {self.tests}"
        count += f", {self.earlier} with an earlier agent" if self.earlier else ""
        differing, explained, varying = (len(each) for each in (self.differing, self.explained, self.varying))
        seconds = [f"{each:.0f}" for each in self.sums("seconds")]
        figures = [*self.sums("verdicts"), *self.sums("passed"), differing, explained, varying, self.captured(), *seconds]
        return [count, *figures, "NO" if differing else "yes"]


def total(rows):
    verdicts = [sum(row.sums("verdicts")[side] for row in rows) for side in (0, 1)]
    tests = sum(len(row.records) for row in rows)
    differing = sum(len(row.differing) for row in rows)
    return f"\n{tests:,} tests, {verdicts[0]:,} verdicts without the agent, {verdicts[1]:,} with it; {differing} differ and are not explained\n\n"


def on_a_line(verdict):
    return verdict.replace("\n", "\\n")


def details(rows):
    for row in rows:
        for word, found in (("DIFFERS", row.differing), ("varies", row.varying)):
            for name, without, with_agent in found:
                yield f"- {word} {row.name} {name}\n  - without: {on_a_line(without)}\n  - with: {on_a_line(with_agent)}\n"
        for name, reason in row.explained:
            yield f"- explained {row.name} {name}: {reason}\n"


def write_table(path, rows):
    with open(path, "w", encoding="utf-8") as file:
        file.write("# Without the agent and with it\n\n" + HEAD)
        file.writelines("| " + " | ".join([row.name, *map(str, row.cells())]) + " |\n" for row in rows)
        file.write(total(rows))
        file.writelines(details(rows))
