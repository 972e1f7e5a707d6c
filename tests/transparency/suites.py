"""All upstream test suites, those first that ask most of the agent."""
from languages import Perl, Python, Tcl
from packages import Bash, Built, Git, Make, Scripts, Ttlog


def all_suites(sources):
    return [
        Bash(sources),
        Python(sources),
        Scripts("coreutils", sources, "tests/*/*.sh", "."),
        Perl(sources),
        Make(sources),
        Git(sources),
        Tcl(sources),
        Scripts("gzip", sources, "tests/*", "tests"),
        Scripts("sed", sources, "testsuite/*.sh", "."),
        Scripts("grep", sources, "tests/*", "tests"),
        Scripts("diffutils", sources, "tests/*", "tests"),
        Ttlog(),
        Built(sources, "gzip"),
        Built(sources, "sed"),
    ]
