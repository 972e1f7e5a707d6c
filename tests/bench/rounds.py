"""Interleaved rounds: processes that offer rows (rounds.h) are asked in turns; so all rows share what the machine is doing."""
import os
import select
import statistics
import subprocess


OF_THE_MACHINE = ("limit", "arithmetic")  # rows that every program has, and that record nothing


class Refused(Exception):
    """A row cannot be had; the text says why."""


class Offer:
    """A process that offers rows. Two offers of the same command in the same surroundings are one process."""

    ANSWER_SECONDS = 120

    def __init__(self, *command, preload=None, directory=None, environment=None, proof=None):
        self.command = [str(word) for word in command]
        self.preload = preload
        self.directory = directory
        self.environment = environment or {}
        self.proof = proof  # called with the process before it ends; raises Refused where it did not measure what it should
        self.process = None

    def identity(self):
        return (tuple(self.command), self.preload, self.directory, tuple(sorted(self.environment.items())))

    def start(self):
        environment = {k: v for k, v in os.environ.items() if not k.startswith("TTLOG_") and k != "LD_PRELOAD"}
        environment.update(self.environment)
        if self.preload:
            environment["LD_PRELOAD"] = str(self.preload)
        if self.directory:
            os.makedirs(self.directory, exist_ok=True)
        try:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=self.directory, env=environment, text=True
            )
        except OSError as error:
            raise Refused(f"{os.path.basename(self.command[0])} cannot be run: {error.strerror}") from error

    def ask(self, row, events):
        try:
            self.process.stdin.write(f"{row} {events}\n")
            self.process.stdin.flush()
            if not select.select([self.process.stdout], [], [], self.ANSWER_SECONDS)[0]:
                raise Refused(f"no answer in {self.ANSWER_SECONDS} s")
            answer = self.process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            raise Refused(f"{os.path.basename(self.command[0])} ended early")
        if answer.startswith("-"):
            raise Refused(answer[1:].strip())
        return float(answer)

    def prove(self):
        if self.proof:
            self.proof(self.process)

    def stop(self):
        if not self.process:
            return
        self.process.stdin.close()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.process = None


class Constant:
    """A figure that needs no measuring, as a baseline."""

    def __init__(self, value):
        self.value = value

    def identity(self):
        return self.value

    def start(self):
        pass

    def ask(self, row, events):
        return self.value

    prove = stop = start


class Key:
    """One thing to measure: a row of an offer. `events`: of one round; None: as many as fill the round's time."""

    def __init__(self, offer, row, events=None):
        self.offer, self.row, self.events = offer, row, events

    def identity(self):
        return (self.offer.identity(), self.row, self.events)


def summary(values):
    figures = {"median": statistics.median(values), "min": min(values), "max": max(values)}
    return {name: float(f"{value:.9g}") for name, value in figures.items()}


class QuietCore:
    """Was the core ours alone? A fixed loop takes longer while somebody else works on the core, or on the sibling that shares it."""

    EVENTS = 500_000
    TOLERANCE = 1.1
    ENOUGH = 7  # rounds; with fewer, all are taken
    PATIENCE = 4  # times the wanted rounds

    def __init__(self, offer):
        self.offer = offer
        self.fastest = float("inf")

    def take(self):
        ns = self.offer.ask("arithmetic", self.EVENTS)
        self.fastest = min(self.fastest, ns)
        return ns

    def quiet(self, samples):
        return max(samples) <= self.fastest * self.TOLERANCE


def calibrate(key, offer, round_ns):
    """Events of one round. Also the warm-up: what happens only the first time (lanes that grow, new pages) is over after it."""
    if key.events:
        offer.ask(key.row, key.events)
        return key.events
    events = 64
    while True:
        ns = min(offer.ask(key.row, events) for _ in range(3))  # a disturbed one would make all rounds too short
        wanted = max(1, int(round_ns / max(ns, 0.01)))
        if wanted <= 4 * events or events >= 50_000_000:
            return wanted
        events = min(wanted, 16 * events)


def take_rounds(unique, offers, events, results, rounds, core):
    """Appends to the results. Says which rounds count: with a core to watch the quiet ones, if there were enough."""
    watched = []
    for number in range(rounds * (core.PATIENCE if core else 1)):
        if core and sum(map(core.quiet, watched)) >= rounds:
            break
        before = core.take() if core else 0
        # Every second round goes backwards, so that no row always follows the same other one.
        order = list(unique.items()) if number % 2 == 0 else list(reversed(unique.items()))
        for name, key in order:
            if isinstance(results[name], Refused):
                continue
            try:
                results[name].append(offers[key.offer.identity()].ask(key.row, events[name]))
            except Refused as refused:
                results[name] = refused
        watched.append((before, core.take() if core else 0))
    quiet = [number for number, samples in enumerate(watched) if core and core.quiet(samples)]
    return quiet if len(quiet) >= min(rounds, QuietCore.ENOUGH) else list(range(len(watched)))


def measure(keys, rounds, round_ns, core=None):
    """{identity of key: list of figures, or Refused}, and how many rounds there were. A refused row does not end the others."""
    offers, results, events, unique = {}, {}, {}, {}
    for key in keys:
        unique.setdefault(key.identity(), key)
        offers.setdefault(key.offer.identity(), key.offer)
    failed = {}
    try:
        for identity, offer in offers.items():
            try:
                offer.start()
            except Refused as refused:
                failed[identity] = refused
        for name, key in unique.items():
            try:
                if key.offer.identity() in failed:
                    raise failed[key.offer.identity()]
                events[name] = calibrate(key, offers[key.offer.identity()], round_ns)
                results[name] = []
            except Refused as refused:
                results[name] = refused
        counting = take_rounds(unique, offers, events, results, rounds, core)
        taken = max((len(values) for values in results.values() if not isinstance(values, Refused)), default=0)
        for name, values in results.items():
            if not isinstance(values, Refused):
                results[name] = [values[number] for number in counting]
        for identity, offer in offers.items():
            if identity in failed:
                continue
            try:
                offer.prove()
            except Refused as refused:
                for name, key in unique.items():
                    if key.offer.identity() == identity and key.row not in OF_THE_MACHINE:
                        results[name] = refused
    finally:
        for offer in offers.values():
            offer.stop()
    return results, taken
