"""Rows that read a snapshot."""
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
