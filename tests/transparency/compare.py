"""Runs each test of a suite on both sides and tells which verdicts are not the same."""
import concurrent.futures
import dataclasses

from explained import EXPLAINED

REPEATS_WITH = 3  # of what differs
REPEATS_WITHOUT = 9  # more of them: every verdict that the agent's side ever gave must have been seen without the agent


@dataclasses.dataclass
class Result:
    name: str
    verdicts: int = 0
    passed: int = 0
    tests: int = 0
    differing: list = dataclasses.field(default_factory=list)  # (name, without, with)
    varying: list = dataclasses.field(default_factory=list)  # (name, without, with): all of `with` were seen without the agent too
    explained: list = dataclasses.field(default_factory=list)  # (name, why)
    captured: dict = dataclasses.field(default_factory=dict)
    events: int = 0  # recorded of a program
    missing: str = None

    @property
    def equal(self):
        return not self.differing


def is_good(verdict):
    return verdict.startswith(("ok", "run", "status 0"))


def both(suite, sides, test, pool):
    """One after the other where both would use the same port or lock of the machine."""
    if suite.is_alone(test):
        return [suite.run(side, test) for side in sides]
    running = [pool.submit(suite.run, side, test) for side in sides]
    return [future.result() for future in running]


def why(suite, name):
    for (of, prefix), text in EXPLAINED.items():
        if of == suite and name.startswith(prefix):
            return text
    return None


def unequal(answers):
    return [name for name in sorted({*answers[0], *answers[1]}) if answers[0].get(name) != answers[1].get(name)]


def clipped(verdict, limit=400):
    return verdict if len(verdict) <= limit else verdict[: limit // 2] + " ... " + verdict[-limit // 2 :]


def compare_test(suite, sides, test, result, pool):
    answers = both(suite, sides, test, pool)
    result.verdicts += len(answers[0])
    result.passed += sum(map(is_good, answers[0].values()))
    suspects = unequal(answers)
    seen = {name: [{answers[0].get(name)}, {answers[1].get(name)}] for name in suspects}
    for side, repeats in ((0, REPEATS_WITHOUT), (1, REPEATS_WITH)):
        for _ in range(repeats if suspects else 0):
            again = suite.run(sides[side], test)
            for name in suspects:
                seen[name][side].add(again.get(name))
    for name, (without, with_agent) in seen.items():
        found = (name, *("; ".join(sorted(clipped(str(one)) for one in verdicts)) for verdicts in (without, with_agent)))
        if with_agent <= without:
            result.varying.append(found)
        elif why(suite.name, name):
            result.explained.append((name, why(suite.name, name)))
        else:
            result.differing.append(found)


def compare(suite, sides, picked=None, say=print):
    """All tests of the suite, or those whose name holds `picked`."""
    result = Result(suite.name)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for side in sides:
            suite.prepare(side)
        tests = [test for test in suite.tests(sides[0]) if not picked or picked in test]
        for number, test in enumerate(tests):
            compare_test(suite, sides, test, result, pool)
            result.events += suite.heard(sides[0], test)
            say(f"{suite.name} {number + 1}/{len(tests)} {test}: {result.verdicts} verdicts, {len(result.differing)} differ", flush=True)
    result.tests = len(tests)
    return result
