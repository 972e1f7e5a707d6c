"""The two sides of a comparison: a command without the agent, and the same command with it."""
import hashlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading

LIMIT_SECONDS = 900

running = set()  # first processes of the sessions that commands run in
running_lock = threading.Lock()


def kill_session(leader):
    """What a command leaves behind, also in groups of its own, holds files and ports of the next one."""
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{entry}/stat", encoding="utf-8", errors="replace") as file:
                session = int(file.read().rpartition(")")[2].split()[3])
            if session == leader:
                os.kill(int(entry), signal.SIGKILL)
        except (OSError, IndexError):
            pass  # it has ended by itself


def kill_all():
    """For who ends the whole run."""
    for leader in list(running):
        kill_session(leader)


class Agent:
    """A copy of the agent by the name of its contents: the one in BUILD may be built anew while a long run uses it."""

    FILES = ("libttlog_agent.so", "ttlog-capture")

    def __init__(self, build, place):
        digest = hashlib.sha256()
        for name in self.FILES:
            with open(os.path.join(build, name), "rb") as file:
                digest.update(file.read())
        self.hash = digest.hexdigest()[:12]
        directory = os.path.join(place, "agent-" + self.hash)
        self.path = os.path.join(directory, self.FILES[0])
        if os.path.isdir(directory):
            return
        part = tempfile.mkdtemp(dir=place)
        os.chmod(part, 0o755)  # some programs become another user
        for name in self.FILES:
            shutil.copy(os.path.join(build, name), part)
        os.rename(part, directory)


class Side:
    """An environment to run commands in. `snapshots()`: the deaths that the agent captured there since `forget()`, by reason."""

    def __init__(self, name, agent=None, directory="."):
        self.name, self.agent = name, agent
        self.directory = os.path.join(directory, name)
        self.storage = os.path.join(directory, name + "-snapshots")
        os.makedirs(self.directory, exist_ok=True)

    def environment(self, **more):
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("TTLOG_", "LD_", "LC_", "LANG", "PYTHON", "MAKE"))}
        kept.update({"LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}, **more)
        if self.agent:
            preload = " ".join(filter(None, (self.agent, more.get("LD_PRELOAD"))))
            kept.update({"LD_PRELOAD": preload, "TTLOG_STORAGE": self.storage, "TTLOG_KEEP": "0", "TTLOG_QUIET": "1"})
        return kept

    def run(self, command, directory=None, limit=LIMIT_SECONDS, **environment):
        """(status, standard output and error as bytes); a status below 0 is a signal, None says that the limit was reached."""
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            child = subprocess.Popen(
                command,
                cwd=directory or self.directory,
                env=self.environment(**environment),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )
            with running_lock:
                running.add(child.pid)
            try:
                status = child.wait(limit)
            except subprocess.TimeoutExpired:
                status = None
            kill_session(child.pid)
            child.wait()
            with running_lock:
                running.discard(child.pid)
            out.seek(0)
            err.seek(0)
            return status, out.read(), err.read()

    def snapshots(self):
        counts = {}
        for name in os.listdir(self.storage) if os.path.isdir(self.storage) else ():
            match = re.match(r"ttlog-.*Z-(\w+)\.cbor\.lz4$", name)
            if match:
                counts[match[1]] = counts.get(match[1], 0) + 1
        return counts

    def forget(self):
        shutil.rmtree(self.storage, ignore_errors=True)


def sides(agent, directory):
    return Side("without", None, directory), Side("with", agent, directory)
