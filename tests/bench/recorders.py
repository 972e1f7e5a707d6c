"""Rows that count memory, and proofs of where events went: read from recorder files of living processes."""
import glob
import json
import os
import subprocess

from rounds import Offer, Refused


def recorder_of(build, pid):
    """What `recorder` says of the process's recorder file."""
    files = glob.glob(f"/dev/shm/ttlog-{os.geteuid()}/{pid}-*.rec")
    if not files:
        raise Refused("the process has no recorder file")
    answer = subprocess.run([f"{build}/bench/recorder", files[0]], capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        raise Refused(answer.stderr.strip())
    return json.loads(answer.stdout)


def proof_of_shared(build):
    def prove(process):
        found = recorder_of(build, process.pid)
        hellos = found["lanes_owned"]  # of the idle threads, one in each owned lane
        if found["recorded_shared"] < found["recorded"] - hellos:
            raise Refused(f"only {found['recorded_shared']} of {found['recorded']} events were in shared lanes")

    return prove


def proof_of_owned(build):
    def prove(process):
        found = recorder_of(build, process.pid)
        if found["recorded_shared"] or not found["recorded"]:
            raise Refused(f"{found['recorded_shared']} of {found['recorded']} events were in shared lanes")

    return prove


class BytesPerEvent(Offer):
    """Ring bytes that one event of the row takes."""

    def __init__(self, build, *command, **surroundings):
        super().__init__(*command, **surroundings)
        self.build = build

    def identity(self):
        return ("bytes per event", super().identity())

    def ask(self, row, events):
        super().ask(row, 1)  # makes the recorder
        before = recorder_of(self.build, self.process.pid)
        super().ask(row, events)
        after = recorder_of(self.build, self.process.pid)
        return (after["ring_bytes"] - before["ring_bytes"]) / (after["recorded"] - before["recorded"])


class ResidentBytes(Offer):
    """Memory that the recorder file takes in a process that did `events` of the given row. Row "file": the file's size instead."""

    def __init__(self, build, *command, row, **surroundings):
        super().__init__(*command, **surroundings)
        self.build, self.row = build, row

    def identity(self):
        return ("resident bytes", self.row, super().identity())

    def start(self):
        pass  # each answer is a fresh process

    def ask(self, row, events):
        super().start()
        try:
            super().ask(self.row, events)
            found = recorder_of(self.build, self.process.pid)
        finally:
            super().stop()
        return found["file_bytes" if row == "file" else "resident_bytes"]
