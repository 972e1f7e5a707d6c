#!/usr/bin/python3
"""Runs the shell parts of the recipes as their runners would, with the runner's variables.

    simulate.py github ACTION.yml INPUT=VALUE...     the steps of a composite action; --step NAME: that one only
    simulate.py gitlab TEMPLATE.yml JOB LINE...      a job that extends JOB with these lines as its script
    simulate.py systemd DROPIN.conf PREFIX VICTIM... a service with that drop-in, which is killed; verified before
    simulate.py docker Dockerfile PREFIX VICTIM...   the environment of the image; its packages are compared with what the binaries need
    simulate.py kubernetes FILE.yaml PREFIX VICTIM.. the containers of a pod, directories for its volumes

It works in the current directory. PREFIX is what `make install` made of /usr/local. The exit status is that of the tests' command;
what is wrong with a recipe ends it with status 99 and a line that says so.
"""
import json
import os
import re
import subprocess
import sys
import time
import xml.etree.ElementTree

import yaml

WRONG = 99
PATIENCE_S = 60


def wrong(what):
    print("recipe:", what, file=sys.stderr)
    sys.exit(WRONG)


def shell(script, environment, options=("-e", "-o", "pipefail")):
    sys.stdout.flush()
    return subprocess.run(["bash", "--noprofile", "--norc", *options, "-c", script], env=environment, check=False).returncode


# GitHub: composite actions --------------------------------------------------------------------------------------------------------


class GitHub:
    """One job with one step, which uses the action."""

    FILES = ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_ENV")

    def __init__(self, path, inputs):
        with open(path, encoding="utf-8") as file:
            self.action = yaml.safe_load(file)
        self.values = {"github.action_path": os.path.dirname(os.path.abspath(path))}
        for name, declared in self.action["inputs"].items():
            if declared.get("required") and name not in inputs:
                wrong(f"input {name} is required")
            self.values["inputs." + name] = inputs.pop(name, declared.get("default", ""))
        if inputs:
            wrong(f"no such input: {', '.join(inputs)}")
        self.failed = False
        self.environment = dict(os.environ, GITHUB_ACTIONS="true", GITHUB_WORKSPACE=os.getcwd(), RUNNER_TEMP=os.getcwd() + "/temp")
        os.makedirs("temp")
        for name in self.FILES:
            self.environment[name] = os.path.abspath("temp/" + name)
            open(self.environment[name], "w", encoding="utf-8").close()

    def expand(self, text):
        def value(match):
            if match.group(1) not in self.values:
                wrong(f"unknown expression: {match.group(0)}")
            return self.values[match.group(1)]

        return re.sub(r"\$\{\{\s*(.*?)\s*\}\}", value, str(text))

    def wanted(self, condition):
        """The few forms of `if` that the action uses."""
        parts = [part.strip() for part in condition.split("&&")] if condition else ["success()"]
        known = {"always()": True, "success()": not self.failed, "failure()": self.failed, "inputs.artifact != ''": self.values["inputs.artifact"] != ""}
        unknown = [part for part in parts if part not in known]
        if unknown:
            wrong(f"unknown condition: {unknown}")
        return all(known[part] for part in parts)

    def step(self, step):
        if "uses" in step:
            print(f"uses {step['uses']} with {[self.expand(value) for value in step['with'].values()]}")
            return 0
        if "${{" in step["run"]:
            wrong(f"step {step['name']}: an expression in a script is code, not text")
        environment = dict(self.environment, **{key: self.expand(value) for key, value in step.get("env", {}).items()})
        with open(self.environment["GITHUB_PATH"], encoding="utf-8") as file:
            environment["PATH"] = ":".join(list(reversed(file.read().split())) + [environment["PATH"]])
        if step["shell"] != "bash":
            wrong(f"step {step['name']}: no shell")
        return shell(step["run"], environment)

    def run(self, only):
        status = 0
        for step in self.action["runs"]["steps"]:
            if (only and step["name"] != only) or not self.wanted(step.get("if")):
                continue
            result = self.step(step)
            print(f"step {step['name']}: {result}")
            self.failed |= result != 0
            status = status or result
        return status


def github(arguments):
    only = None
    if arguments[1:2] == ["--step"]:
        only = arguments[2]
        arguments = arguments[:1] + arguments[3:]
    return GitHub(arguments[0], dict(argument.split("=", 1) for argument in arguments[1:])).run(only)


# GitLab ----------------------------------------------------------------------------------------------------------------------------


def read_json(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def gitlab(arguments):
    path, name, *lines = arguments
    with open(path, encoding="utf-8") as file:
        job = yaml.safe_load(file)[name]
    environment = dict(os.environ, GITLAB_CI="true", CI_PROJECT_DIR=os.getcwd())
    for key, value in job["variables"].items():
        environment[key] = value.replace("$CI_PROJECT_DIR", os.getcwd())
    status = shell("\n".join(job["before_script"] + lines), environment)
    if shell("\n".join(job["after_script"]), environment) != 0:
        wrong("after_script failed")
    readers = {"junit": xml.etree.ElementTree.parse, "codequality": read_json}
    for kind, report in job["artifacts"]["reports"].items():
        if os.path.exists(report):
            readers[kind](report)
        print(f"{report}: {'there' if os.path.exists(report) else 'missing'}")
    return status


# systemd ---------------------------------------------------------------------------------------------------------------------------


def unit(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, 0o644)  # systemd complains of what everybody may write, as under umask 0


def systemd(arguments):
    dropin, prefix, *victim = arguments
    with open(dropin, encoding="utf-8") as file:
        text = file.read().replace("/usr/local", prefix)
    os.makedirs("units/shop.service.d")
    unit("units/shop.service.d/ttlog.conf", text)
    unit("units/shop.service", "[Unit]\nDescription=shop\n[Service]\nExecStart=" + " ".join(victim) + "\n")
    verified = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", os.path.abspath("units/shop.service")], stderr=subprocess.STDOUT, stdout=subprocess.PIPE, check=False
    )
    ours = [line for line in verified.stdout.decode().splitlines() if "shop.service" in line or "ttlog.conf" in line]
    if verified.returncode != 0 or ours:
        wrong("systemd-analyze: " + verified.stdout.decode())
    state = os.path.abspath("state")
    lines = [line.replace("%N", "shop").replace("%S", state).split("=", 1) for line in text.splitlines() if "=" in line and line[0] != "#"]
    settings = dict(line[1].split("=", 1) for line in lines if line[0] == "Environment")
    directory = next(line[1] for line in lines if line[0] == "StateDirectory")
    os.makedirs(os.path.join(state, directory), mode=0o700)
    if settings["TTLOG_STORAGE"] != os.path.join(state, directory):
        wrong("the service may not write where its snapshots go")
    environment = dict(os.environ, **settings)
    died = subprocess.run(victim, env=environment, check=False).returncode
    for line in lines:
        if line[0] == "ExecStopPost":
            subprocess.run(line[1].lstrip("-").split(), env=environment, check=False)
    return 128 - died if died < 0 else died


# Docker ----------------------------------------------------------------------------------------------------------------------------


def instructions(path):
    with open(path, encoding="utf-8") as file:
        text = re.sub(r"^#.*\n", "", file.read(), flags=re.MULTILINE).replace("\\\n", " ")
    return [line.split(None, 1) for line in text.splitlines() if line.strip()]


def output_of(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False).stdout.decode()


def needed_packages(prefix):
    """Packages of the libraries that the binaries load. A library may be known by its name before /usr was merged."""
    names = {}
    for binary in ("bin/ttlog", "libexec/ttlog/ttlog-capture", "libexec/ttlog/ttlog-db"):
        for path in re.findall(r"=> (/\S+)", output_of("ldd", os.path.join(prefix, binary))):
            path = os.path.realpath(path)
            names[path] = names[re.sub("^/usr", "", path)] = os.path.basename(path)
    found = {}
    for line in output_of("dpkg-query", "-S", *names).splitlines():
        package, path = line.split(": ", 1)
        found[names.get(path)] = re.split("[:,]", package)[0]
    unknown = set(names.values()) - set(found)
    if unknown or not found:
        wrong(f"of no package: {unknown}")
    return set(found.values())


def with_dependencies(packages):
    depends = {}
    for line in output_of("dpkg-query", "-W", "-f", "${Package}\t${Depends}, ${Pre-Depends}\n").splitlines():
        package, text = line.split("\t")
        depends[package] = re.findall(r"(?:^|[,|])\s*([a-z0-9][a-z0-9.+-]*)", text)
    known, todo = set(), list(packages)
    while todo:
        package = todo.pop()
        if package not in known:
            known.add(package)
            todo += depends.get(package, [])
    return known


def docker(arguments):
    path, prefix, *victim = arguments
    lines = instructions(path)
    last = max(index for index, line in enumerate(lines) if line[0] == "FROM")
    lines = lines[last:]
    installed = set()
    for line in lines:
        match = re.search(r"apt-get install (.*?)(&&|$)", line[1]) if line[0] == "RUN" else None
        installed |= {word for word in match.group(1).split() if not word.startswith("-")} if match else set()
    missing = needed_packages(prefix) - with_dependencies(installed)
    if missing:
        wrong(f"the image lacks {', '.join(sorted(missing))}")
    volume = next(line[1].strip() for line in lines if line[0] == "VOLUME")
    environment = dict(os.environ)
    for name, value in (line[1].strip().split("=", 1) for line in lines if line[0] == "ENV"):
        environment[name] = value.replace("/usr/local", prefix).replace(volume, os.path.abspath("volume"))
    if environment["TTLOG_STORAGE"] != os.path.abspath("volume"):
        wrong("the snapshots are not on the volume")
    died = subprocess.run(victim, env=environment, check=False).returncode
    return 128 - died if died < 0 else died


# Kubernetes ------------------------------------------------------------------------------------------------------------------------


class Pod:
    """Each volume is a directory here, but for /dev/shm, which all processes share anyway."""

    def __init__(self, path, prefix):
        with open(path, encoding="utf-8") as file:
            self.spec = yaml.safe_load(file)["spec"]["template"]["spec"]
        self.prefix = prefix
        self.volumes = {volume["name"] for volume in self.spec["volumes"]}
        if not self.spec.get("shareProcessNamespace"):
            wrong("a recorder's process could not be seen from beside it: its snapshot would be made while it lives")

    def container(self, kind, name):
        return next(container for container in self.spec[kind] if container["name"] == name)

    def local(self, container, text):
        for mount in container["volumeMounts"]:
            if mount["name"] not in self.volumes:
                wrong(f"{container['name']}: no volume {mount['name']}")
            if mount["mountPath"] != "/dev/shm":
                os.makedirs(mount["name"], exist_ok=True)
                text = re.sub(r"(?<![\w.])" + mount["mountPath"] + r"(?![\w.-])", os.path.abspath(mount["name"]), text)
        return text.replace("/usr/local", self.prefix)

    def environment(self, container):
        return dict(os.environ, **{entry["name"]: self.local(container, entry["value"]) for entry in container["env"]})

    def command(self, container):
        path = os.path.join(self.prefix, "bin") + ":" + os.environ["PATH"]
        words = [self.local(container, word) for word in container["command"]]
        return subprocess.Popen(words, env=dict(self.environment(container), PATH=path), start_new_session=True)


def await_file(directory, process):
    until = time.monotonic() + PATIENCE_S
    while not [name for name in os.listdir(directory) if name.endswith(".cbor.lz4")]:
        if time.monotonic() > until or process.poll() is not None:
            wrong("no snapshot appears")
        time.sleep(0.02)


def kubernetes(arguments):
    path, prefix, *victim = arguments
    pod = Pod(path, prefix)
    if pod.command(pod.container("initContainers", "install-ttlog")).wait() != 0:
        wrong("the init container failed")
    os.remove("ttlog/libexec/ttlog/ttlog-capture")  # as good as: the application's image lacks its libraries
    server, helper = pod.container("containers", "my-server"), pod.container("containers", "ttlog")
    died = subprocess.run(victim, env=pod.environment(server), check=False).returncode
    sidecar = pod.command(helper)
    try:
        await_file("snapshots", sidecar)
    finally:
        os.killpg(sidecar.pid, 9)
        sidecar.wait()
    return 128 - died if died < 0 else died


RUNNERS = {"github": github, "gitlab": gitlab, "systemd": systemd, "docker": docker, "kubernetes": kubernetes}

if __name__ == "__main__":
    sys.exit(RUNNERS[sys.argv[1]](sys.argv[2:]))
