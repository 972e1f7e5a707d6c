"""pytest with ttlog: which test it was, and why.

    PYTHONPATH=/usr/local/share/ttlog/recipes/pytest ttlog run -- pytest -p ttlog_pytest

All that the test process says carries test=NODEID in its snapshot, so that a death of pytest itself (of an extension in C) names the
test. Snapshots that appear while a test fails (of servers and tools that it started) are shown in its report. Without `ttlog run`, or
the agent in LD_PRELOAD, it does nothing. Tests that run at the same time (xdist) are shown each other's.
"""
import ctypes
import os
import shutil
import subprocess

import pytest

CONTEXT_BYTES = 200  # of a test's name: the end of it
SHOWN = 3  # snapshots of one test
PATTERN = ("ttlog-", ".cbor.lz4")


def find_agent():
    for path in os.environ.get("LD_PRELOAD", "").replace(":", " ").split():
        if os.path.basename(path) == "libttlog_agent.so":
            return os.path.realpath(path)
    return None


def beside(agent, places):
    """The first of the places, relative to the agent's directory, that is there."""
    for place in places:
        path = os.path.normpath(os.path.join(os.path.dirname(agent), place))
        if os.path.exists(path):
            return path
    return None


class Recorder:
    def __init__(self, agent):
        marks = beside(agent, ["libttlog_test.so", "ttlog/libttlog_test.so"])
        self.marks = ctypes.CDLL(marks) if marks else None
        self.ttlog = beside(agent, ["ttlog", "../bin/ttlog"]) or shutil.which("ttlog")
        self.storage = os.environ.get("TTLOG_STORAGE", "tmp")
        self.known = self.snapshots()

    def snapshots(self):
        try:
            names = os.listdir(self.storage)
        except OSError:
            return set()
        return {name for name in names if name.startswith(PATTERN[0]) and name.endswith(PATTERN[1])}

    def begin(self, test):
        self.known = self.snapshots()
        if self.marks:
            self.marks.ttlog_test_begins(test.encode(errors="replace")[-CONTEXT_BYTES:])

    def end(self):
        if self.marks:
            self.marks.ttlog_test_ends()

    def describe(self, name):
        command = [self.ttlog, "view", "--no-pager", "--color", "never", "--last", "20", os.path.join(self.storage, name)]
        environment = {key: value for key, value in os.environ.items() if key != "LD_PRELOAD"}
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        return done.stdout.decode(errors="replace")

    def new_sections(self):
        new = sorted(self.snapshots() - self.known)
        self.known.update(new)
        for name in new[:SHOWN] if self.ttlog else []:
            yield "ttlog: " + name, self.describe(name)
        if len(new) > SHOWN:
            yield "ttlog", f"and {len(new) - SHOWN} more: ttlog ls {self.storage}"


class Plugin:
    def __init__(self, recorder):
        self.recorder = recorder

    def pytest_runtest_logstart(self, nodeid):
        self.recorder.begin(nodeid)

    def pytest_runtest_logfinish(self):
        self.recorder.end()

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self):
        report = (yield).get_result()
        if report.failed:
            report.sections.extend(self.recorder.new_sections())


def pytest_configure(config):
    agent = find_agent()
    if agent:
        config.pluginmanager.register(Plugin(Recorder(agent)), "ttlog-recorder")
