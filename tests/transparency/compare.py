"""Runs each test of a suite on both sides, and what is not the same several times more."""
import concurrent.futures
import hashlib
import time

from records import Record

# Of what differs. Every verdict that the agent's side ever gave must have been seen without the agent. Both sides each time, in the way they
# were run first: many tests are about time, and fail together while the machine is busy with something else.
ROUNDS_LEAST, ROUNDS_MOST = 3, 9


def is_good(verdict):
    return verdict.startswith(("ok", "run", "status 0"))


def answer(suite, side, test):
    """Where the limit was reached, what was answered until then is a matter of speed."""
    verdicts = suite.run(side, test)
    return verdicts if verdicts.get(test) != "status None" else {test: "did not end within its limit"}


def timed(suite, side, test):
    began = time.monotonic()
    return answer(suite, side, test), round(time.monotonic() - began, 3)


def both(suite, sides, test, pool):
    """[(verdicts, seconds)]; one after the other where both would use the same port or lock of the machine."""
    if suite.is_alone(test):
        return [timed(suite, side, test) for side in sides]
    running = [pool.submit(timed, suite, side, test) for side in sides]
    return [future.result() for future in running]


def clipped(verdict, limit=400):
    """What is left out still counts: two that differ there only stay two."""
    if len(verdict) <= limit:
        return verdict
    digest = hashlib.sha256(verdict.encode()).hexdigest()[:8]
    return f"{verdict[: limit // 2]} ... ({len(verdict)} characters, {digest}) ... {verdict[-limit // 2 :]}"


class Suspects:
    """The verdicts that differed once, with all that was answered to them."""

    def __init__(self, answers):
        names = sorted({*answers[0], *answers[1]})
        self.seen = {name: [set(), set()] for name in names if answers[0].get(name) != answers[1].get(name)}
        for side in (0, 1):
            self.add(side, answers[side])

    def add(self, side, verdicts):
        for name, seen in self.seen.items():
            seen[side].add(str(verdicts.get(name)))

    def stand(self):
        return any(not with_agent <= without for without, with_agent in self.seen.values())

    def as_lists(self):
        return {name: [sorted(map(clipped, side)) for side in seen] for name, seen in self.seen.items()}


def compare_test(suite, sides, test, agent, pool):
    sides[1].forget()
    answers, seconds = zip(*both(suite, sides, test, pool))
    captured = sides[1].snapshots()
    suspects = Suspects(answers)
    rounds = 0
    while suspects.seen and (rounds < ROUNDS_LEAST or rounds < ROUNDS_MOST and suspects.stand()):
        for side, (verdicts, _) in enumerate(both(suite, sides, test, pool)):
            suspects.add(side, verdicts)
        rounds += 1
    return Record(
        test=test,
        agent=agent,
        recipe=suite.recipe(test),
        verdicts=[len(verdicts) for verdicts in answers],
        passed=[sum(map(is_good, verdicts.values())) for verdicts in answers],
        seconds=list(seconds),
        unequal=suspects.as_lists(),
        captured=captured,
        events=suite.heard(sides[0], test),
    )


def compare(suite, sides, agent, records, wanted, say):
    """Those of the suite's tests that `wanted` picks. `agent`: its hash, for the records. `say(text)` tells how it goes."""
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for side in sides:
            suite.prepare(side)
        tests = suite.tests(sides[0])
        records.begin(tests)
        for number, test in enumerate(tests):
            if not wanted(test):
                continue
            record = compare_test(suite, sides, test, agent, pool)
            records.put(record)
            times = " and ".join(f"{seconds:.1f}" for seconds in record.seconds)
            differ = f", {len(record.unequal)} not the same at once" if record.unequal else ""
            say(f"{suite.name} {number + 1}/{len(tests)} {test}: {record.verdicts[0]} verdicts in {times} s{differ}")
