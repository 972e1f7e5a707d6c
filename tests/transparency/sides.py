"""The two sides of a comparison: a command without the agent, and the same command with it."""
import os
import re
import signal
import subprocess
import tempfile

LIMIT_SECONDS = 900


class Side:
    """An environment to run commands in. `snapshots()`: how many deaths the agent captured there, by reason."""

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
            kept.update({"LD_PRELOAD": preload, "TTLOG_STORAGE": self.storage, "TTLOG_QUIET": "1"})
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
            try:
                status = child.wait(limit)
            except subprocess.TimeoutExpired:
                status = None
            # What the command left behind in its session's first group holds files and ports of the next run.
            try:
                os.killpg(child.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            child.wait()
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


def sides(agent, directory):
    return Side("without", None, directory), Side("with", agent, directory)
