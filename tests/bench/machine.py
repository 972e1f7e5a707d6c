"""What was measured on: the machine, and the versions of everything that a figure depends on."""
import datetime
import os
import re
import shutil
import subprocess


def first_line(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[0].strip()
    except (OSError, subprocess.CalledProcessError, IndexError):
        return None


def version(text):
    match = re.search(r"\d+(\.\d+)+", text or "")
    return match.group(0) if match else "absent"


def package_version(library, header, pattern):
    """pkg-config's answer, or what the header says of itself."""
    found = first_line("pkg-config", "--modversion", library)
    if found:
        return found
    try:
        with open(header, encoding="utf-8") as file:
            numbers = re.findall(pattern, file.read(), re.MULTILINE)
    except OSError:
        return "absent"
    return ".".join(numbers[:3]) if numbers else "absent"


def describe():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        model = re.search(r"^model name\s*:\s*(.*)$", file.read(), re.MULTILINE)
    return {
        "cpu": model.group(1) if model else "unknown",
        "cores": len(os.sched_getaffinity(0)),
        "kernel": os.uname().release,
        "glibc": version(os.confstr("CS_GNU_LIBC_VERSION")),
        "gcc": version(first_line("gcc", "-dumpfullversion")),
        "lttng-ust": package_version(
            "lttng-ust", "/usr/include/x86_64-linux-gnu/lttng/ust-version.h", r"VERSION\s+(\d+)U?\s*$"
        ),
        "spdlog": package_version("spdlog", "/usr/include/spdlog/version.h", r"#define SPDLOG_VER_\w+ (\d+)"),
        "gdb": version(first_line("gdb", "--version")) if shutil.which("gdb") else "absent",
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "load": round(os.getloadavg()[0], 2),
    }


def line(machine):
    return (
        f"{machine['cpu']}, {machine['cores']} cores, Linux {machine['kernel']}, glibc {machine['glibc']}, gcc {machine['gcc']}, "
        f"lttng-ust {machine['lttng-ust']}, spdlog {machine['spdlog']}, gdb {machine['gdb']}; "
        f"{machine['date']}, load {machine['load']}"
    )
