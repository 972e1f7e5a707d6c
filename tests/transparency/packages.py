"""Test suites of programs: GNU's, git's; and what the compiler makes of a package."""
import glob
import hashlib
import os
import re
import shutil
import subprocess
import tempfile

from sources import Missing
from suite import TEST_SECONDS, Suite

# Processes, signals, locks, pipes, daemons; the others say much and do little that is new.
GIT_TESTS = ("t00", "t13", "t14", "t55", "t57", "t70", "t75")


class Bash(Suite):
    """run-NAME compares what bash says with NAME.right and says the difference: nothing, where there is none."""

    def __init__(self, sources):
        super().__init__("bash", sources)

    def complete(self, copy):
        """The small programs that its scripts call. They ask for a configuration, and need little of it."""
        with open(copy + "/config.h", "w", encoding="utf-8") as file:
            file.write("#define HAVE_STRING_H 1\n#define HAVE_STDLIB_H 1\n#define HAVE_UNISTD_H 1\n")
        for helper in ("recho", "zecho", "xcase", "printenv"):
            command = ["cc", "-w", "-I" + copy, f"-I{copy}/include", "-o", f"{copy}/tests/{helper}", f"{copy}/support/{helper}.c"]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                raise Missing(f"{helper}.c does not compile: {(done.stderr.splitlines() or ['?'])[0]}")

    def tests(self, side):
        names = (os.path.basename(path) for path in glob.glob(self.prepare(side) + "/tests/run-*"))
        return sorted(name for name in names if name not in ("run-all", "run-minimal", "run-gprof"))

    def is_alone(self, _test):
        return True  # /tmp/dbg-support.check, /tmp/redir-test and others

    def run(self, side, test):
        tests = self.prepare(side) + "/tests"
        with tempfile.TemporaryDirectory() as place:
            surroundings = {
                "THIS_SH": "/bin/bash",
                "BUILD_DIR": "..",
                "BASH_TSTOUT": place + "/out",
                "TMPDIR": place,
                "PATH": f"{tests}:{os.environ['PATH']}",
            }
            status, out, err = side.run(["sh", test], tests, TEST_SECONDS, **surroundings)
        said = (out + err).replace(place.encode(), b"PLACE").replace(tests.encode(), b"TESTS")
        differences = len(re.findall(rb"(?m)^[<>]", said))
        return {test: f"status {status}, {differences} lines differ from what is right: " + re.sub(rb"\d+", b"#", said).decode("utf-8", "replace")}


class Scripts(Suite):
    """A GNU package's shell tests, with the programs that are installed. A test is what ends with a status: 0 passed, 77 skipped."""

    def __init__(self, package, sources, pattern, directory):
        """`directory`: where its tests are run, and look for their init.sh."""
        super().__init__(package, sources)
        self.pattern, self.directory = pattern, directory

    def tests(self, side):
        place = self.prepare(side) + "/"
        found = (path[len(place) :] for path in glob.glob(place + self.pattern))
        return sorted(path for path in found if os.access(place + path, os.X_OK) and os.path.isfile(place + path) and self.is_shell(place + path))

    def installed(self):
        """The package's programs: its tests ask what was built."""
        listed = subprocess.run(["dpkg", "-L", self.package], capture_output=True, text=True, check=False).stdout
        return " ".join(os.path.basename(path) for path in listed.split() if "/bin/" in path)

    @staticmethod
    def is_shell(path):
        with open(path, "rb") as file:
            return file.readline().startswith((b"#!/bin/sh", b"#! /bin/sh", b"#!/bin/bash"))

    def run(self, side, test):
        place = self.prepare(side)
        directory = os.path.join(place, self.directory)
        surroundings = {"srcdir": directory, "abs_top_srcdir": place, "top_srcdir": place, "LC_ALL": "C", "host_os": "linux-gnu"}
        surroundings["built_programs"] = self.installed()
        command = ["bash", "-c", 'exec bash "$0" 9>&2', place + "/" + test]  # their own words go to 9
        status, _, _ = side.run(command, directory, TEST_SECONDS, **surroundings)
        return {test: f"status {status}"}


class Make(Suite):
    """tests/scripts/KIND/NAME with the make that is installed."""

    def __init__(self, sources):
        super().__init__("make-dfsg", sources, "make")

    def complete(self, copy):
        with open(copy + "/tests/config-flags.pm", "w", encoding="utf-8") as file:
            file.write("%CONFIG_FLAGS = (AR => 'ar', CC => 'cc', CFLAGS => '', CPP => 'cc -E', CPPFLAGS => '', LDFLAGS => '', LIBS => '');\n1;\n")

    def tests(self, side):
        place = self.prepare(side) + "/tests/scripts/"
        return sorted(path[len(place) :] for path in glob.glob(place + "*/*") if "vms/" not in path)

    def run(self, side, test):
        command = ["perl", "run_make_tests.pl", "-make", "/usr/bin/make", "-srcdir", "..", test]
        status, out, _ = side.run(command, self.prepare(side) + "/tests", TEST_SECONDS)
        said = re.findall(r"(?m)\b(ok|FAILED|N/A)\b(?: +(\(.*passed\)))?$", out.decode("utf-8", "replace"))
        return {test: " ".join(said[0]).strip() if said else f"status {status}"}


class Git(Suite):
    """t/tNNNN-NAME.sh with the git that is installed; what helps its tests is compiled first."""

    WITHOUT = [f"NO_{what}=1" for what in ("CURL", "OPENSSL", "EXPAT", "GETTEXT", "TCLTK", "PYTHON")]

    def __init__(self, sources):
        super().__init__("git", sources, "git's tests")

    def prepare(self, side):
        """Compiled once, for both sides."""
        directory = self.sources.fetch(self.package)
        if not os.path.exists(directory + "/t/helper/test-tool"):
            self.make(["make", *self.WITHOUT, "CFLAGS=-O0", "GIT-BUILD-OPTIONS", "t/helper/test-tool"], directory)
            self.make(["make", *self.WITHOUT, "-C", "templates"], directory)
        return super().prepare(side)

    def complete(self, copy):
        os.makedirs(copy + "/perl/build")
        os.symlink("/usr/share/perl5", copy + "/perl/build/lib")

    def is_alone(self, test):
        with open(f"{self.sources.fetch(self.package)}/t/{test}", encoding="utf-8", errors="replace") as file:
            return "lib-git-daemon" in file.read()  # on the port of the test's number

    def tests(self, side):
        names = (os.path.basename(path) for path in glob.glob(self.prepare(side) + "/t/t[0-9]*.sh"))
        return sorted(name for name in names if name.startswith(GIT_TESTS))

    def run(self, side, test):
        with tempfile.TemporaryDirectory() as place:
            command = ["sh", test, "--root=" + place]
            status, out, _ = side.run(command, self.prepare(side) + "/t", TEST_SECONDS, GIT_TEST_INSTALLED="/usr/bin")
        verdicts = {test: f"status {status}"}
        for verdict, number in re.findall(rb"(?m)^(ok|not ok) (\d+)", out):
            verdicts[f"{test} {number.decode()}"] = verdict.decode()
        return verdicts


class Built(Suite):
    """What configure finds out about the machine, and the bytes of each file that the compiler makes. Two directories: their names may be in none."""

    COMMAND = './configure --quiet CFLAGS="-O2 -g -ffile-prefix-map=$PWD=." && make MAKEINFO=true'
    MADE = (".o", ".a", "config.h", "config.status")

    def __init__(self, sources, package):
        super().__init__(package, sources, "building " + package)

    def prepare(self, _side):
        return self.sources.fetch(self.package)

    def tests(self, _side):
        return [self.package]

    def recipe(self, _test):
        return self.COMMAND

    def run(self, side, test):
        with tempfile.TemporaryDirectory(dir=side.directory) as place:
            copy = os.path.join(place, "copy")
            source = self.prepare(side)
            shutil.copytree(source, copy, symlinks=True, ignore=lambda at, _names: ["build", ".git"] if at == source else [])
            status, out, _ = side.run(["sh", "-c", self.COMMAND], copy)
            said = out.replace(copy.encode(), b"HERE")
            verdicts = {test: f"status {status}", "what make says": "ok " + hashlib.sha256(said).hexdigest()}
            for path in glob.glob(copy + "/**", recursive=True):
                if path.endswith(self.MADE) or (os.access(path, os.X_OK) and os.path.isfile(path) and self.is_binary(path)):
                    verdicts[os.path.relpath(path, copy)] = self.digest(path, copy)
        return verdicts

    @staticmethod
    def is_binary(path):
        with open(path, "rb") as file:
            return file.read(4) == b"\x7fELF"

    @staticmethod
    def digest(path, copy):
        with open(path, "rb") as file:
            return "ok " + hashlib.sha256(file.read().replace(copy.encode(), b"HERE")).hexdigest()


class Ttlog(Built):
    """This project."""

    COMMAND = 'make BUILD=built CFLAGS="-O2 -g -ffile-prefix-map=$PWD=."'
    DIRECTORY = os.path.abspath(__file__).rsplit("/tests/", 1)[0]

    def __init__(self):
        super().__init__(None, "ttlog")

    def prepare(self, _side):
        return self.DIRECTORY
