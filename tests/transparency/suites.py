"""Upstream test suites. Each answers, for one side, with a verdict for every test: {name: text}."""
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

from sources import Missing

PYTHON = "/usr/bin/python3"
PYTHON_MODULES = """test_signal test_subprocess test_io test_faulthandler test_os test_asyncio test_threading test_pty test_fork1
    test_posix test_logging test_syslog test_print test_cmd_line test_sys test_fileio test_atexit test_select test_selectors
    test_threadsignals test_exceptions test_traceback test_eintr test_openpty test_ctypes test_resource test_mmap test_tempfile
    test_wait3 test_wait4 test_popen test_poll test_epoll test_file test_largefile test_tcl test_socket""".split()
PYTHON_CUT = ("test_socket", "test_asyncio")  # into their classes or files: long; and alone, for fixed ports and names of abstract sockets
PYTHON_HANGS = "*VSOCK*"  # without the agent too, on virtual machines: the host accepts no connection of a guest to itself
PERL_DIRECTORIES = ("base", "cmd", "comp", "io", "op", "re", "uni", "mro", "lib")
PERL = "/usr/bin/perl"
TEST_SECONDS = 300  # the machine may be a busy one


class Suite:
    """`tests()` lists what can be run apart; `run(side, test)` answers with its verdicts. A test works in a directory of its own side."""

    def __init__(self, name, sources):
        self.name, self.sources = name, sources

    def prepare(self, side):
        """A copy of the sources for the side, so that none sees what the other left."""
        copy = os.path.join(side.directory, self.name)
        if not os.path.exists(copy):
            shutil.copytree(self.sources.fetch(self.name), copy, symlinks=True)
            self.complete(copy)
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


class Python(Suite):
    """The library's own tests, as the package libpythonVERSION-testsuite installs them."""

    def __init__(self, sources):
        super().__init__("python3", sources)

    def prepare(self, side):
        pass

    def tests(self, _side):
        whole = [module for module in PYTHON_MODULES if module not in PYTHON_CUT]
        return [*whole, *(f"{module} {part}" for module in PYTHON_CUT for part in self.parts(module))]

    @staticmethod
    def parts(module):
        """Of names such as test.test_socket.BasicTCPTest.testRecv what follows the module's."""
        listed = subprocess.run([PYTHON, "-m", "test", "--list-cases", module], capture_output=True, text=True, check=False)
        if listed.returncode != 0:
            raise Missing("libpythonVERSION-testsuite is not installed")
        return sorted(set(re.findall(rf"(?m)^test\.{module}\.(\w+)\.", listed.stdout)))

    def is_alone(self, test):
        return test.startswith(PYTHON_CUT)

    def run(self, side, test):
        module, _, part = test.partition(" ")
        with tempfile.TemporaryDirectory(dir=side.directory) as directory:
            report = os.path.join(directory, "report.xml")
            command = [PYTHON, "-m", "test", "--timeout", str(TEST_SECONDS), "--junit-xml", report, "--ignore", PYTHON_HANGS]
            match = ["--match", f"test.{module}.{part}.*"] if part else []
            status, _, _ = side.run([*command, *match, module], directory, limit=2 * TEST_SECONDS)
            verdicts = {test: f"status {status}"}
            if os.path.exists(report):
                for case in xml.etree.ElementTree.parse(report).iter("testcase"):
                    verdicts[case.get("name")] = ("failed" if len(case) else case.get("status", "run")) + (
                        "" if not len(case) else " " + case[0].tag
                    )
            return verdicts


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


class Perl(Suite):
    """t/*/*.t with the perl that is installed, whose modules stand where the tests look for the ones that were just built. Without
    those that compute for minutes and call nothing."""

    def __init__(self, sources):
        super().__init__("perl", sources)

    def complete(self, copy):
        shutil.rmtree(copy + "/lib")
        os.makedirs(copy + "/lib")
        searched = subprocess.run([PERL, "-e", "print join \"\\n\", @INC"], capture_output=True, text=True, check=True).stdout.split()
        for directory in searched:
            if os.path.isdir(directory) and "/local" not in directory:
                subprocess.run(["cp", "-rsn", os.path.realpath(directory) + "/.", copy + "/lib/"], check=False, capture_output=True)
        os.symlink(PERL, copy + "/t/perl")

    def tests(self, side):
        place = self.prepare(side) + "/t/"
        found = (path for directory in PERL_DIRECTORIES for path in glob.glob(f"{place}{directory}/*.t"))
        return sorted(path[len(place) :] for path in found if "fold_grind" not in path and "uniprop" not in path)

    def run(self, side, test):
        status, out, _ = side.run(["./perl", test], self.prepare(side) + "/t", TEST_SECONDS, PERL_CORE="1")
        verdicts = {test: f"status {status}"}
        for verdict, number in re.findall(rb"(?m)^(ok|not ok) (\d+)", out):
            verdicts[f"{test} {number.decode()}"] = verdict.decode()
        return verdicts


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
        listed = subprocess.run(["dpkg", "-L", self.name], capture_output=True, text=True, check=False).stdout
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


def all_suites(sources):
    return [
        Python(sources),
        Bash(sources),
        Perl(sources),
        Scripts("gzip", sources, "tests/*", "tests"),
        Scripts("sed", sources, "testsuite/*.sh", "."),
        Scripts("coreutils", sources, "tests/*/*.sh", "."),
    ]
