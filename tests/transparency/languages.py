"""Test suites of languages: Python, Perl, Tcl."""
import glob
import os
import re
import shutil
import subprocess
import tempfile
import xml.etree.ElementTree

from sources import Missing
from suite import TEST_SECONDS, Suite

PYTHON = "/usr/bin/python3"
PYTHON_MODULES = """test_signal test_subprocess test_io test_faulthandler test_os test_asyncio test_threading test_pty test_fork1
    test_posix test_logging test_syslog test_print test_cmd_line test_sys test_fileio test_atexit test_select test_selectors
    test_threadsignals test_exceptions test_traceback test_eintr test_openpty test_ctypes test_resource test_mmap test_tempfile
    test_wait3 test_wait4 test_popen test_poll test_epoll test_file test_largefile test_tcl test_socket""".split()
PYTHON_CUT = ("test_socket", "test_asyncio")  # into their classes or files: long; and alone, for fixed ports and names of abstract sockets
PYTHON_HANGS = "*VSOCK*"  # without the agent too, on virtual machines: the host accepts no connection of a guest to itself
PERL_DIRECTORIES = ("base", "cmd", "comp", "io", "op", "re", "uni", "mro", "lib")
PERL_LONG = ("fold_grind", "uniprop", "re/anyof", "re/regexp_qr_embed_thr")
PERL = "/usr/bin/perl"


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
        return sorted(path[len(place) :] for path in found if not any(long in path for long in PERL_LONG))

    def run(self, side, test):
        status, out, _ = side.run(["./perl", test], self.prepare(side) + "/t", TEST_SECONDS, PERL_CORE="1")
        verdicts = {test: f"status {status}"}
        for verdict, number in re.findall(rb"(?m)^(ok|not ok) (\d+)", out):
            verdicts[f"{test} {number.decode()}"] = verdict.decode()
        return verdicts


class Tcl(Suite):
    """tests/NAME.test with the tclsh that is installed. Without those that compute for minutes and call nothing."""

    def __init__(self, sources):
        super().__init__("tcl8.6", sources, "tcl")

    def tests(self, side):
        if not shutil.which("tclsh8.6"):
            raise Missing("tclsh8.6 is not installed")
        return sorted(os.path.basename(path) for path in glob.glob(self.prepare(side) + "/tests/*.test") if "/regexp" not in path)

    def is_alone(self, test):
        return test.startswith(("http", "socket"))

    def run(self, side, test):
        directory = self.prepare(side) + "/tests"
        with tempfile.TemporaryDirectory(dir=side.directory) as place:
            status, out, _ = side.run(["tclsh8.6", test, "-verbose", "ps", "-tmpdir", place], directory, TEST_SECONDS)
        verdicts = {test: f"status {status}"}
        for name, verdict in re.findall(rb"(?m)^(?:\+\+\+\+|====) (\S+) .*?\b(PASSED|SKIPPED|FAILED)\b", out):
            verdicts[f"{test} {name.decode('utf-8', 'replace')}"] = {b"PASSED": "ok", b"SKIPPED": "skipped"}.get(verdict, "failed")
        return verdicts
