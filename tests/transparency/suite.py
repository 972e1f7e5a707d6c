"""What an upstream test suite has to offer: tests that are run apart, each of which answers with verdicts, {name: text}."""
import os
import shutil
import subprocess

from sources import Missing

TEST_SECONDS = 600  # the machine may be a busy one


class Suite:
    """`tests()` lists what can be run apart; `run(side, test)` answers with its verdicts. A test works in a directory of its own side."""

    def __init__(self, package, sources, name=None):
        self.package, self.sources, self.name = package, sources, name or package

    def prepare(self, side):
        """A copy of the sources for the side, so that none sees what the other left."""
        copy = os.path.join(side.directory, self.package)
        if not os.path.exists(copy):
            shutil.rmtree(copy + ".part", ignore_errors=True)
            shutil.copytree(self.sources.fetch(self.package), copy + ".part", symlinks=True)
            self.complete(copy + ".part")
            os.rename(copy + ".part", copy)
        return copy

    def complete(self, copy):
        """What the tests need beside their sources."""

    def is_alone(self, _test):
        """Whether the sides must not run it at once."""
        return False

    def heard(self, _side, _test):
        return 0

    def recipe(self, _test):
        """What, when it changes, makes another test of it."""
        return ""

    @staticmethod
    def make(command, directory):
        """Makes what the tests need; Missing where that fails."""
        done = subprocess.run(command, cwd=directory, capture_output=True, text=True, errors="replace", check=False)
        if done.returncode != 0:
            raise Missing(f"{' '.join(command)}: {(done.stderr.strip().splitlines() or ['failed'])[-1]}")
