"""Rows that read a snapshot."""
import gzip
import os
import subprocess

from rounds import Offer, Refused


class SnapshotOffer(Offer):
    """An offer that needs a snapshot of so many events at a path: made by the first that starts."""

    def __init__(self, bench, events, path, *command, **surroundings):
        super().__init__(*command, **surroundings)
        self.maker, self.path = (f"{bench}/snapshot", str(events), path + ".new"), path

    def start(self):
        if not os.path.exists(self.path):
            try:
                made = subprocess.run(self.maker, capture_output=True, text=True, check=True)
            except (OSError, subprocess.CalledProcessError) as error:
                raise Refused(f"no snapshot could be made: {error}") from error
            os.rename(made.stdout.strip(), self.path)
        super().start()


class DeathsOffer(Offer):
    """An offer that needs a directory of so many snapshots, of processes that died: made by the first that starts."""

    def __init__(self, bench, files, path, *command, **surroundings):
        super().__init__(*command, **surroundings)
        self.maker, self.path = (f"{bench}/snapshot", "20", path + ".new", str(files)), path

    def start(self):
        if not os.path.exists(self.path):
            try:
                subprocess.run(self.maker, capture_output=True, text=True, check=True)
            except (OSError, subprocess.CalledProcessError) as error:
                raise Refused(f"no snapshots could be made: {error}") from error
            os.rename(self.path + ".new", self.path)
        super().start()


class Prepared(Offer):
    """An offer that needs something to be made first, by a function that is called once for each of its keys."""

    made = set()

    def __init__(self, key, make, *command, **surroundings):
        super().__init__(*command, **surroundings)
        self.key, self.make = key, make

    def start(self):
        if self.key not in self.made:
            try:
                self.make()
            except (OSError, IndexError, subprocess.CalledProcessError) as error:
                raise Refused(f"nothing to read could be made: {error}") from error
            self.made.add(self.key)
        super().start()


def make_many(bench, ttlog, directory, files):
    """So many snapshots of 1,000 events (one, by so many names), and the same lines as text, gzipped."""
    os.makedirs(directory)
    made = subprocess.run((f"{bench}/snapshot", "1000", directory), capture_output=True, text=True, check=True).stdout.strip()
    text = subprocess.run((ttlog, "view", "--last", "all", made), capture_output=True, check=True).stdout
    packed = gzip.compress(text)
    for i in range(files):
        os.link(made, f"{directory}/many-{i}.cbor.lz4")
        with open(f"{directory}/many-{i}.gz", "wb") as file:
            file.write(packed)
    os.unlink(made)


def make_deaths(bench, agent, ttlog, directory, cache):
    """Two snapshots of one build, first and second; the first was symbolized."""
    for name in ("first", "second"):
        place = f"{directory}/{name}.d"
        environment = {**os.environ, "LD_PRELOAD": agent, "TTLOG_STORAGE": place, "TTLOG_QUIET": "1"}
        subprocess.run((f"{bench}/victim", "fault", "4", "100", "1"), env=environment, stdout=subprocess.DEVNULL, check=False)
        os.rename(f"{place}/{os.listdir(place)[0]}", f"{directory}/{name}.cbor.lz4")
    environment = {**os.environ, "XDG_CACHE_HOME": cache}
    command = (ttlog, "symbolize", "-o", f"{directory}/first.named", f"{directory}/first.cbor.lz4")
    subprocess.run(command, env=environment, capture_output=True, check=True)
