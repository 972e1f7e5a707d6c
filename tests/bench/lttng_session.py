"""A tracing session of lttng-ust in snapshot mode, with a daemon of its own, for as long as its peers are measured."""
import os
import shutil
import subprocess
import time

from rounds import Offer, Refused


class LttngOffer(Offer):
    """A program with tracepoints; the first of them starts the session, and each proves that it was recorded."""

    def __init__(self, session, *command, environment):
        super().__init__(*command, environment={**environment, **session.environment}, proof=session.proof)
        self.session = session

    def start(self):
        self.session.begin()
        super().start()


class LttngSession:
    """Not there until somebody needs it; `with` ends it."""

    START_SECONDS = 15
    EVENTS = "ttlog_bench:*"

    def __init__(self, directory, private):
        self.directory, self.private = os.path.join(directory, "lttng"), private
        self.environment = {"LTTNG_HOME": self.directory, "LTTNG_UST_REGISTER_TIMEOUT": "10000"}
        self.daemon, self.refused = None, None

    def command(self, *words):
        return subprocess.run(
            ["lttng", "--no-sessiond", *words],
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            check=False,
        )

    def __enter__(self):
        return self

    def begin(self):
        if not self.daemon and not self.refused:
            self.refused = self.open()
        if self.refused:
            raise Refused(self.refused)

    def open(self):
        """None, or why there is no session."""
        if not shutil.which("lttng-sessiond") or not shutil.which("lttng"):
            return "lttng-tools is not installed"
        if os.geteuid() == 0 and not self.private:
            return "root's daemon is the machine's: needs the right to mount, for a /run of its own"
        os.makedirs(self.directory)
        with open(os.path.join(self.directory, "sessiond.log"), "wb") as log:
            self.daemon = subprocess.Popen(
                ["lttng-sessiond", "--no-kernel"],
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        until = time.monotonic() + self.START_SECONDS
        while self.command("list").returncode != 0:
            if self.daemon.poll() is not None or time.monotonic() > until:
                return "lttng-sessiond did not start"
            time.sleep(0.05)
        for words in (
            ("create", "bench", "--snapshot", "--output=" + os.path.join(self.directory, "snapshots")),
            ("enable-event", "--userspace", self.EVENTS),
            ("start",),
        ):
            answer = self.command(*words)
            if answer.returncode != 0:
                return f"lttng {words[0]}: {(answer.stderr or answer.stdout).strip().splitlines()[-1]}"
        return None

    def proof(self, process):
        """The session has recorded: a snapshot of it is larger than its metadata could be."""
        before = self.snapshot_bytes()
        answer = self.command("snapshot", "record")
        if answer.returncode != 0 or self.snapshot_bytes() - before < 200_000:
            raise Refused("the session has recorded nothing")

    def snapshot_bytes(self):
        return sum(
            os.path.getsize(os.path.join(folder, name)) for folder, _, names in os.walk(self.directory) for name in names
        )

    def __exit__(self, *_):
        if not self.daemon:
            return
        self.command("destroy", "bench")
        self.daemon.terminate()
        try:
            self.daemon.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.daemon.kill()
            self.daemon.wait()
