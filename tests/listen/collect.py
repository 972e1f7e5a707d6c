"""
collect.py DIRECTORY SQLITE-PLUG-IN AGENT COMMAND... - runs the command with a listener of each kind, and prints what each of them got behind
a line "== KIND".
"""
import os
import socket
import sqlite3
import subprocess
import sys
import threading

DIRECTORY, PLUGIN, AGENT, *COMMAND = sys.argv[1:]
WAIT_S, END = 30, b"end of all"


def datagrams(family, address):
    bound = socket.socket(family, socket.SOCK_DGRAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    bound.bind(address)
    return bound


def stream(family, address):
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.bind(address)
    bound.listen(4)
    return bound


class Reader(threading.Thread):
    """Reads while the command runs: a queue of datagrams holds few. What is sent is there when the sender has ended."""

    def __init__(self, bound):
        super().__init__(daemon=True)
        self.bound, self.parts = bound, []
        self.start()

    def run(self):
        source = self.bound
        if source.type == socket.SOCK_STREAM:
            source, _ = source.accept()
        while part := source.recv(65536):
            if part == END:
                break
            self.parts.append(part)

    def received(self):
        """All of it: a datagram of ours comes behind those of the command."""
        if self.bound.type == socket.SOCK_DGRAM:
            socket.socket(self.bound.family, socket.SOCK_DGRAM).sendto(END, self.bound.getsockname())
        self.join(WAIT_S)
        return b"\n".join(self.parts)


def path(name):
    return os.path.join(DIRECTORY, name)


def rows(name):
    with sqlite3.connect(path(name)) as base:
        return "\n".join(str(row) for row in base.execute("select * from ttlog_events")).encode()


def contents(name):
    with open(path(name), "rb") as file:
        return file.read()


def main():
    os.makedirs(DIRECTORY, exist_ok=True)
    sockets = {
        "syslog": datagrams(socket.AF_UNIX, path("syslog")),
        "journald": datagrams(socket.AF_UNIX, path("journald")),
        "udp": datagrams(socket.AF_INET, ("127.0.0.1", 0)),
        "tcp": stream(socket.AF_INET, ("127.0.0.1", 0)),
        "unix": stream(socket.AF_UNIX, path("unix")),
    }
    listeners = [
        f"file:{path('text')}",
        f"file:{path('json')},format=json",
        f"syslog:{path('syslog')}",
        f"journald:{path('journald')}",
        "udp:127.0.0.1:%d" % sockets["udp"].getsockname()[1],
        "tcp:127.0.0.1:%d,format=json" % sockets["tcp"].getsockname()[1],
        f"unix:{path('unix')}",
        f"plugin:{PLUGIN},path={path('base')}",
    ]
    # Before glibc 2.34 a shell has neither threads nor dlopen(3).
    environment = {**os.environ, "LD_PRELOAD": AGENT + " libpthread.so.0 libdl.so.2", "TTLOG_LISTENERS": ";".join(listeners)}
    readers = {kind: Reader(bound) for kind, bound in sockets.items()}
    status = subprocess.run(COMMAND, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode
    got = {"file": contents("text"), "file, json": contents("json"), "plugin": rows("base")}
    got.update((kind, reader.received()) for kind, reader in readers.items())
    for kind, data in got.items():
        sys.stdout.buffer.write(f"== {kind}\n".encode() + data + b"\n")
    sys.exit(status)


main()
