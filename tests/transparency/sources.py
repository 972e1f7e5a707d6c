"""Upstream test suites: the source packages of this machine's own distribution, by an apt configuration that nobody else sees."""
import glob
import os
import re
import shutil
import subprocess


class Missing(Exception):
    """A suite cannot be had here; the text says why."""


def as_sources(text):
    """The machine's list of binary packages, as a list of source packages."""
    text = re.sub(r"(?m)^Types:.*$", "Types: deb-src", text)
    return re.sub(r"(?m)^deb ", "deb-src ", text)


class Sources:
    def __init__(self, directory):
        self.directory = directory
        self.configuration = os.path.join(directory, "apt.conf")
        self.updated = False

    def apt(self, *command):
        """Standard output; Missing where it fails."""
        environment = {**os.environ, "APT_CONFIG": self.configuration}
        done = subprocess.run(command, cwd=self.directory, env=environment, capture_output=True, text=True, errors="replace", check=False)
        if done.returncode != 0:
            raise Missing(f"{' '.join(command)}: {(done.stderr.strip().splitlines() or ['failed'])[-1]}")
        return done.stdout

    def update(self):
        if self.updated:
            return
        parts = os.path.join(self.directory, "parts")
        for part in ("parts", "lists/partial", "cache/archives/partial"):
            os.makedirs(os.path.join(self.directory, part), exist_ok=True)
        lists = glob.glob("/etc/apt/sources.list.d/*.sources") + glob.glob("/etc/apt/sources.list.d/*.list")
        for path in filter(os.path.exists, ["/etc/apt/sources.list", *lists]):
            with open(path, encoding="utf-8") as file, open(os.path.join(parts, os.path.basename(path)), "w", encoding="utf-8") as copy:
                copy.write(as_sources(file.read()))
        with open(self.configuration, "w", encoding="utf-8") as file:
            file.write(
                f'Dir::Etc::sourcelist "/dev/null";\nDir::Etc::sourceparts "{parts}";\n'
                f'Dir::State::lists "{self.directory}/lists";\nDir::Cache "{self.directory}/cache";\nAPT::Sandbox::User "root";\n'
            )
        self.apt("apt-get", "update", "-q")
        self.updated = True

    def fetch(self, package):
        """The directory of the unpacked source. The newest version that the mirror still holds."""
        place = os.path.join(self.directory, "sources", package)
        if os.path.isdir(place):
            return place
        self.update()
        versions = re.findall(r"(?m)^Version: (\S+)$", self.apt("apt-cache", "showsrc", "--only-source", package))
        reason = Missing(f"no source package {package}")
        for version in ["", *("=" + version for version in reversed(versions))]:
            try:
                self.apt("apt-get", "source", "-q", "--download-only", package + version)
                description = max(glob.glob(f"{self.directory}/{package}_*.dsc"), key=os.path.getmtime)
                os.makedirs(os.path.dirname(place), exist_ok=True)
                shutil.rmtree(place + ".part", ignore_errors=True)
                self.apt("dpkg-source", "--no-check", "-x", description, place + ".part")
                os.rename(place + ".part", place)
                return place
            except Missing as missing:
                reason = missing
        raise reason
