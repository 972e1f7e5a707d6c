"""What was measured, kept from run to run: a line of JSON for each test, in a file for each suite.

A later line of the same test takes the place of an earlier one. A test is run again where the agent is another one than the line says; a line
of another `recipe` is none of this test. What a difference means is not kept, but told from the verdicts each time: an explanation may come later.
"""
import dataclasses
import json
import os


@dataclasses.dataclass
class Record:
    test: str
    agent: str  # Agent.hash
    recipe: str
    verdicts: list  # how many, without the agent and with it
    passed: list
    seconds: list
    unequal: dict  # name: [all that was answered without the agent, with it]
    captured: dict = dataclasses.field(default_factory=dict)  # deaths by reason
    events: int = 0  # recorded of a program


class Records:
    """`tests`: the names of all tests of the suite when it was last begun."""

    def __init__(self, path):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        self.path, self.tests, self.of = path, [], {}
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                for line in file:
                    self.take(line)

    def take(self, line):
        try:
            entry = json.loads(line)
        except ValueError:
            return  # half a line: its test is run again
        if "tests" in entry:
            self.tests = entry["tests"]
        else:
            self.of[entry["test"]] = Record(**entry)

    def write(self, entry):
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")

    def begin(self, tests):
        if tests != self.tests:
            self.tests = tests
            self.write({"tests": tests})

    def put(self, record):
        self.of[record.test] = record
        self.write(dataclasses.asdict(record))

    def usable(self, recipe_of):
        """Those of tests that there still are, with whatever agent."""
        return [self.of[test] for test in self.tests if test in self.of and self.of[test].recipe == recipe_of(test)]

    def is_done(self, test, recipe, agent):
        record = self.of.get(test)
        return record is not None and (record.recipe, record.agent) == (recipe, agent)
