"""All upstream test suites."""
from languages import Perl, Python, Tcl
from packages import Bash, Built, Git, Make, Scripts, Ttlog


def all_suites(sources):
    return [
        Bash(sources),
        Python(sources),
        Scripts("coreutils", sources, "tests/*/*.sh", "."),
        Make(sources),
        Tcl(sources),
        Scripts("gzip", sources, "tests/*", "tests"),
        Scripts("sed", sources, "testsuite/*.sh", "."),
        Scripts("grep", sources, "tests/*", "tests"),
        Scripts("diffutils", sources, "tests/*", "tests"),
        Ttlog(),
        Perl(sources),
        Git(sources),
        Built(sources, "gzip"),
        Built(sources, "sed"),
    ]
