"""The rows: what is measured, and beside what."""
import dataclasses
import functools
import os
import shutil

from lttng_session import LttngOffer
from recorders import BytesPerEvent, ResidentBytes, proof_of_owned, proof_of_shared
from rounds import Constant, Key, Offer
from snapshots import DeathsOffer, Prepared, SnapshotOffer, make_deaths, make_many

LIMIT = "limit, rdtsc + 64-byte store on as many threads"
OWNED_LANES = 32
SOURCE = os.path.abspath(__file__).rsplit("/tests/", 1)[0]
REDACTION = (("the built-in rules", "builtin"), ("and two expressions", f"builtin,file:{SOURCE}/tests/bench/expressions"))
IDLE = OWNED_LANES + 8  # threads that hold all owned lanes, so that further ones share
MACRO_ROWS = (("text only", "text"), ("3 key-values", "values"), ("formatted", "formatted"), ("text, in a context", "context"),
              ("filtered out by level", "filtered"), ("span, both its events", "span"), ("span, filtered out", "span_filtered"))
SLOT_BYTES = 64
SCALE = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9, "bytes": 1}


@dataclasses.dataclass
class Row:
    name: str
    subject: Key = None
    baseline: Key = None
    refused: str = None


@dataclasses.dataclass
class Section:
    title: str
    unit: str
    baseline: str
    rows: list
    rounds: int
    round_ns: float = 0
    watch: int = 0  # threads, each pinned to a core: rounds in which these were not all ours do not count; 0: all count


@dataclasses.dataclass
class Effort:
    """How much is measured. The short form is for a test of the bench itself."""

    rounds: int = 31
    round_ns: float = 2e6
    together_rounds: int = 15  # of several threads: long enough that nobody's start matters
    together_ns: float = 6e6
    file_rounds: int = 7
    file_ns: float = 1e9  # many times what the recorder holds
    starts: int = 500
    forks: int = 1000
    fork_rounds: int = 7
    death_rounds: int = 7  # and of memory
    program_rounds: int = 15
    programs: bool = True  # they take a second each
    snapshots: tuple = (10_000, 100_000, 1_000_000)
    crashes: int = 10_000
    many: int = 1000  # snapshots of a directory
    death_threads: tuple = (1, 4, 100)
    fill: int = 100_000
    peers: bool = True


SHORT = Effort(
    rounds=2,
    round_ns=2e4,
    together_rounds=2,
    together_ns=1e5,
    file_rounds=2,
    file_ns=1e6,
    starts=2,
    forks=3,
    fork_rounds=1,
    death_rounds=1,
    programs=False,
    snapshots=(100, 1000),
    crashes=30,
    many=3,
    death_threads=(1, 4),
    fill=1000,
    peers=False,
)


def threads_text(count):
    return f"{count} thread{'s' * (count > 1)}"


class Sections:
    def __init__(self, build, directory, private, effort, lttng):
        self.build, self.directory, self.private, self.effort, self.lttng = build, directory, private, effort, lttng
        self.bench = build + "/bench"
        self.agent = build + "/libttlog_agent.so"
        self.environment = {"TTLOG_STORAGE": directory + "/storage", "TTLOG_QUIET": "1"}

    def all(self):
        """Lists of sections; the rounds of one list take turns."""
        yield [self.one_thread()]
        yield [self.listened()]
        yield [self.into_file()]
        for section in self.redaction():
            yield [section]
        for section in self.threads():
            yield [section]
        if self.effort.peers:
            yield list(self.peers(1))
            yield list(self.peers(2))
        yield [self.speech()]
        yield [self.faults()]
        for section in (*self.memory(), *self.starts(), *self.snapshots()):
            yield [section]
        yield [self.views()]
        yield [self.index()]
        yield [self.searches()]
        yield [self.symbols()]
        if self.effort.programs:
            yield [self.programs()]
        yield [self.deaths()]

    def program(self, name, *arguments, agent=False, **more):
        preload = self.agent if agent else None
        return Offer(f"{self.bench}/{name}", *arguments, preload=preload, environment=self.environment, **more)

    def events(self, threads=1, shared=False, agent=True):
        proof = proof_of_shared(self.build) if shared else proof_of_owned(self.build) if agent else None
        return self.program("events", threads, IDLE if shared else 0, agent=agent, proof=proof)

    def one_thread(self):
        offer, sharing, bare = self.events(), self.events(shared=True), self.events(agent=False)
        limit = Key(offer, "limit")
        rows = [Row("limit", limit, limit)]
        for name, row in MACRO_ROWS:
            rows.append(Row("macro, " + name, Key(offer, row), limit))
        for name, row in MACRO_ROWS[:3]:
            rows.append(Row(f"macro, {name}, shared lane", Key(sharing, row), Key(sharing, "limit")))
        for name, row in MACRO_ROWS[:2]:
            rows.append(Row(f"macro, {name}, no agent", Key(bare, row), Key(bare, "limit")))
        return Section("One event, 1 thread", "ns", LIMIT, rows, self.effort.rounds, self.effort.round_ns, 1)

    def listened(self):
        """A listener that drops costs its writers what its reading takes from them; one that blocks makes them as slow as it is."""
        alone, rows = self.events(), []
        for policy in ("drop", "block"):
            offer = self.program(f"listened_{policy}", 1, 1, agent=True)
            rows += [Row(f"macro, {name}, {policy}", Key(offer, row), Key(alone, row)) for name, row in MACRO_ROWS[:2]]
        title = "One event, 1 thread, with a listener"
        return Section(title, "ns", "the same without a listener", rows, self.effort.rounds, self.effort.round_ns)

    def into_file(self):
        """A round counts only where its events do: all of them written, or written and lost together all (into_file.c)."""
        alone, rows = self.events(), []
        for policy, what in (("block", "each written"), ("drop", "written or counted as lost")):
            where = f"file:{self.directory}/{policy}.log,policy={policy},rotate=64MB,keep=1"
            environment = {**self.environment, "TTLOG_LISTENERS": where}
            offer = Offer(f"{self.bench}/into_file", preload=self.agent, environment=environment)
            rows.append(Row(f"macro, 3 key-values, {policy}: {what}", Key(offer, policy), Key(alone, "values")))
        title = "One event into a file, sustained"
        return Section(title, "ns", "recorded, without a listener", rows, self.effort.file_rounds, self.effort.file_ns)

    def redaction(self):
        """What the rules of TTLOG_REDACT cost, where events are written; recording looks at none of them."""
        environment = {**self.environment, "TTLOG_LISTENERS": f"file:{self.directory}/redacted.log,policy=block,rotate=64MB,keep=1"}
        events, into, deaths = self.effort.snapshots[-2], [], []
        for name, rules in REDACTION:
            written = (
                Key(Offer(f"{self.bench}/into_file", preload=self.agent, environment={**environment, "TTLOG_REDACT": which}), "block")
                for which in (rules, "none")
            )
            into.append(Row(name, *written))
            died = (Key(self.death_of("abort", 1, events, True, which), "death", 1) for which in (rules, "none"))
            deaths.append(Row(f"{events:,} events, {name}", *died))
        against = "the same with TTLOG_REDACT=none"
        yield Section("Redaction of one event into a file, sustained", "ns", against, into, self.effort.file_rounds, self.effort.file_ns)
        yield Section("Redaction of a snapshot, abort to reaped", "ms", against, deaths, self.effort.death_rounds)

    def threads(self):
        """The first section says what a second core costs; a loop of additions says whether it was one."""
        two, one, bare = self.events(2), self.events(), self.events(2, agent=False)
        rows = [Row(f"macro, {name}", Key(two, row), Key(one, row)) for name, row in MACRO_ROWS]
        rows.append(Row("additions (1: two cores, 2: one physical core)", Key(bare, "arithmetic"), Key(one, "arithmetic")))
        rows.append(Row("limit", Key(bare, "limit"), Key(one, "limit")))
        how = self.effort.together_rounds, self.effort.together_ns
        yield Section("One event of each of 2 threads, own lanes", "ns", "the same of 1 thread", rows, *how, 2)
        for count, shared in ((2, False), (8, False), (2, True), (8, True)):
            offer = self.events(count, shared)
            rows = [Row(f"macro, {name}", Key(offer, row), Key(offer, "limit")) for name, row in MACRO_ROWS]
            title = f"One event of each of {threads_text(count)}, {'shared' if shared else 'own'} lanes"
            yield Section(title, "ns", LIMIT, rows, *how, 2)

    def peers(self, count):
        """Measured once, shown twice: beside the limit, and beside the macro."""
        against_limit, against_macro = [], []
        agent = self.events(count)
        lttng = LttngOffer(self.lttng, f"{self.bench}/lttng", count, environment=self.environment)
        spdlog = self.program("spdlog", count)
        for peer, offer, refused in (
            ("ttlog macro", agent, None),
            ("lttng-ust tracepoint", lttng, self.unbuilt("lttng")),
            ("spdlog backtrace", spdlog, self.unbuilt("spdlog")),
        ):
            for name, row in (("text only", "text"), ("3 values", "values")):
                title = f"{peer}, {name}"
                against_limit.append(Row(title, Key(offer, row), Key(offer, "limit"), refused))
                if offer is not agent:
                    against_macro.append(Row(title, Key(offer, row), Key(agent, row), refused))
        if count == 1:
            how = self.effort.rounds, self.effort.round_ns, 1
        else:
            how = self.effort.together_rounds, self.effort.together_ns, count
        title = f"Peers, {threads_text(count)}"
        yield Section(title, "ns", LIMIT, against_limit, *how)
        yield Section(title, "ns", "ttlog's macro, the same event", against_macro, *how)

    def unbuilt(self, name):
        there = os.access(f"{self.bench}/{name}", os.X_OK)
        return None if there else f"could not be built, see {os.path.relpath(self.bench)}/peers.log"

    def speech(self):
        rows = []
        no_log = None if self.private else "needs the right to mount, for a /dev/log of its own"
        for name, row, idle in (
            ("printf", "printf", 0),
            ("printf, a second thread exists", "printf", 1),
            ("fprintf(stderr), unbuffered", "stderr", 0),
            ("fputs", "fputs", 0),
            ("write, 64 bytes", "write", 0),
            ("syslog", "syslog", 0),
        ):
            plain, agent = (self.program("speech", 1, idle, agent=agent) for agent in (False, True))
            rows.append(Row(name, Key(agent, row), Key(plain, row), no_log if row == "syslog" else None))
        if self.effort.peers:
            strace = Offer("strace", "-f", "-qq", "-o", "/dev/null", f"{self.bench}/speech", 1, 0, environment=self.environment)
            rows.append(Row("write, 64 bytes, under strace -f, no agent", Key(strace, "write"), Key(self.program("speech", 1, 0), "write")))
        title = "What an unmodified program says, with the agent"
        return Section(title, "ns", "the same without the agent", rows, self.effort.rounds, self.effort.round_ns, 1)

    def faults(self):
        """An empty library costs what preloading as such does: nothing, here."""
        empty = f"{self.bench}/empty.so"
        classes = f"{self.build}/tests/programs/runtimes"
        missing = None if os.access(f"{classes}/Faults.class", os.R_OK) else "javac is not installed"
        java = ("java", "-Xmx128m", "-XX:-OmitStackTraceInFastThrow", "-cp", classes, "Faults", "rows")
        rows = []
        for name, command, row, refused in (
            ("handler that moves the program counter", (f"{self.bench}/faults", 1, 0), "fault", None),
            ("null check of Java's, with its exception", java, "fault", missing),
        ):
            plain, beside, agent = (
                Key(Offer(*command, preload=library, environment=self.environment), row) for library in (None, empty, self.agent)
            )
            rows.append(Row(name + ", empty preloaded library", beside, plain, refused))
            rows.append(Row(name + ", agent", agent, plain, refused))
        title = "A fault that the program's own handler survives"
        return Section(title, "ns", "the same without any preloaded library", rows, self.effort.rounds, self.effort.round_ns, 1)

    def memory(self):
        agent = {"preload": self.agent, "environment": self.environment}
        ring = []
        for name, program, row in (
            ("macro, text only", "events", "text"),
            ("macro, 3 key-values", "events", "values"),
            ("printf, a line of 36 bytes", "speech", "printf36"),
        ):
            offer = BytesPerEvent(self.build, f"{self.bench}/{program}", **agent)
            ring.append(Row(name, Key(offer, row, 1000), Key(Constant(SLOT_BYTES), "slot", 1)))
        yield Section("Ring memory of one event", "bytes", "a slot of 64 bytes, the limit's", ring, self.effort.death_rounds)
        file = []
        for name, events in (("one line said", 1), ("a lane filled by printf", self.effort.fill)):
            offer = ResidentBytes(self.build, f"{self.bench}/speech", row="printf", **agent)
            file.append(Row(name, Key(offer, "resident", events), Key(offer, "file", events)))
        against = "size of the file, most of it never touched"
        yield Section("Resident memory of the recorder", "bytes", against, file, self.effort.death_rounds)

    def starts(self):
        rows, empty = [], f"{self.bench}/empty.so"
        for command in (("/bin/true",), ("/bin/echo", "hello")):
            base = Key(self.program("starts", empty, *command), "start", 1)
            for name, library in (("plain", "-"), ("agent", self.agent)):
                rows.append(Row(f"{command[0]}, {name}", Key(self.program("starts", library, *command), "start", 1), base))
        title = f"Start to end of a process, {self.effort.starts} runs in turns"
        yield Section(title, "us", "with an empty preloaded library", rows, self.effort.starts)

        command = (f"{self.bench}/starts", "-", "/bin/true")
        plain, beside, agent = (
            Key(Offer(*command, preload=library, environment=self.environment), "fork", self.effort.forks)
            for library in (None, empty, self.agent)
        )
        rows = [Row("/bin/true, plain", plain, beside), Row("/bin/true, agent", agent, beside)]
        title = f"fork + exec of {self.effort.forks:,} processes by one parent, each"
        yield Section(title, "us", "parent with an empty preloaded library", rows, self.effort.fork_rounds)

    def programs(self):
        """Programs that say little: what they do all day, with the start of each process in it."""
        rows, source, made = [], SOURCE, self.directory + "/made"
        objects = " ".join(f"{made}/agent/format/{name}.o" for name in ("event", "levels", "pattern", "reader"))
        for name, script in (
            ("gcc compiles a file", f"gcc -O1 -w -D_GNU_SOURCE -c -o /dev/null {source}/tests/bench/loops.c"),
            ("make builds four files", f"rm -rf {made}; make -s -C {source} BUILD={made} {objects}"),
            ("gzip, 3 MB", "cat /usr/bin/perl | gzip"),
            ("sqlite3, 50,000 rows with an index", "sqlite3 :memory: \"create table t(a, b); with recursive c(x) as (select 1 union all "
             "select x + 1 from c where x < 50000) insert into t select x, hex(x) from c; create index i on t(b); select count(*) from t\""),
            ("python3, a loop and json", "python3 -c 'import json; [json.loads(json.dumps(list(range(2000)))) for _ in range(150)]'"),
            ("openssl, a digest of 100 MB", "head -c 100000000 /dev/zero | openssl dgst -sha256"),
            ("cmake configures a project", f"rm -rf {made}; cmake -S {source}/tests/bench/configure -B {made}"),
            ("a shell that starts 1,000 programs", "i=0; while [ $i -lt 1000 ]; do /bin/true; i=$((i+1)); done"),
        ):
            shell = ("/bin/sh", "-c", f"({script}) >/dev/null")
            run = (f"{self.build}/ttlog", "run", "--storage", f"{self.directory}/run", "--")
            plain, beside, agent, under = (
                Key(self.program("starts", library, *before, *shell), "start", 1)
                for library, before in (("-", ()), (f"{self.bench}/empty.so", ()), (self.agent, ()), ("-", run))
            )
            rows.append(Row(f"{name}, empty preloaded library", beside, plain))
            rows.append(Row(f"{name}, agent", agent, plain))
            rows.append(Row(f"{name}, ttlog run", under, plain))
        title = "Wall time of programs that say little"
        return Section(title, "ms", "without any preloaded library", rows, self.effort.program_rounds)

    def death_of(self, how, threads, events, agent, redact="builtin"):
        return Offer(
            f"{self.bench}/deaths",
            f"{self.bench}/victim",
            how,
            threads,
            events,
            self.agent if agent else "-",
            f"{self.build}/ttlog",
            directory=f"{self.directory}/{how}-{threads}-{events}-{'agent' if agent else 'plain'}",
            environment={**self.environment, "TTLOG_CAPACITY": str(max(8192, events)), "TTLOG_REDACT": redact},
        )

    def snapshots(self):
        times, sizes = [], []
        no_recover = None if self.private else "needs the right to mount: other programs' recorders must not be recovered"
        for events in self.effort.snapshots:
            agent = self.death_of("abort", 1, events, True)
            base = Key(agent, "copy", 1)
            times.append(Row(f"{events:,} events: abort to reaped", Key(agent, "death", 1), base))
            times.append(Row(f"{events:,} events: ttlog recover after SIGKILL", Key(agent, "recover", 1), base, no_recover))
            sizes.append(Row(f"{events:,} events with 3 key-values", Key(agent, "bytes", 1), Key(Constant(events), "events", 1)))
        against = "plain copy of the recorder file's used bytes"
        yield Section("A snapshot of N events with 3 key-values", "ms", against, times, self.effort.death_rounds)
        against = "number of events (ratio: bytes of an event)"
        yield Section("The same snapshot's file", "bytes", against, sizes, self.effort.death_rounds)

    def views(self):
        rows = []
        unpacker = shutil.which("lz4")
        for events in self.effort.snapshots:
            path = f"{self.directory}/view-{events}.cbor.lz4"
            for name, options in (
                ("the last 20", ()),
                ("all as text", ("--last", "all")),
                ("those that match --grep", ("--last", "all", "--grep", "user 77 ")),
                ("all as NDJSON", ("--ndjson",)),
            ):
                label = f"{events:,} events: {name}"
                if not unpacker:
                    rows.append(Row(label, refused="lz4 is not installed"))
                    continue
                view = self.with_snapshot(events, path, f"{self.build}/ttlog", "view", *options, "-o", "/dev/null", path)
                base = self.with_snapshot(events, path, unpacker, "-q", "-d", "-f", path, "/dev/null")
                rows.append(Row(label, Key(view, "start", 1), Key(base, "start", 1)))
        return Section("ttlog view of a snapshot", "ms", "lz4 -d of the same file", rows, self.effort.death_rounds)

    def searches(self):
        place, files = f"{self.directory}/many", self.effort.many
        unpack = f"cat {place}/*.lz4 | lz4 -q -d -c >/dev/null"
        base = self.search("lz4", unpack)
        what = f"{files:,} files: "
        rows = []
        for name, tool, command in (
            ("ttlog grep -c, a match each", None, f"{self.build}/ttlog grep -c 'user 77 ' {place} >/dev/null"),
            ("ttlog grep -c -j 1", None, f"{self.build}/ttlog grep -j 1 -c 'user 77 ' {place} >/dev/null"),
            ("zcat of text | grep -c", "zcat", f"zcat {place}/*.gz | grep -c 'user 77 ' >/dev/null"),
        ):
            missing = next((f"{needed} is not installed" for needed in ("lz4", tool) if needed and not shutil.which(needed)), None)
            rows.append(Row(what + name, Key(self.search(name, command), "start", 1), Key(base, "start", 1), missing))
        return Section("A search in snapshots of 1,000 events", "ms", "lz4 -d of all of them", rows, self.effort.death_rounds)

    def search(self, name, script):
        place, files = f"{self.directory}/many", self.effort.many
        make = functools.partial(make_many, self.bench, f"{self.build}/ttlog", place, files)
        return Prepared("many", make, f"{self.bench}/starts", "-", "/bin/sh", "-c", script, name, environment=self.environment)

    def symbols(self):
        place, cache = f"{self.directory}/symbols", f"{self.directory}/symbols/cache"
        ttlog, snapshot = f"{self.build}/ttlog", f"{place}/second.cbor.lz4"
        make = functools.partial(make_deaths, self.bench, self.agent, ttlog, place, cache)

        def offer(*command):
            environment = {**self.environment, "XDG_CACHE_HOME": cache}
            return Prepared("symbols", make, f"{self.bench}/starts", "-", ttlog, *command, environment=environment)

        base = Key(offer("view", "--json", "-o", "/dev/null", snapshot), "start", 1)
        cold = offer("symbolize", "--quiet", "--no-cache", "-o", f"{place}/cold.named", snapshot)
        cached = offer("symbolize", "--quiet", "-o", f"{place}/cached.named", snapshot)
        rows = [
            Row("a crash of 5 threads: cold", Key(cold, "start", 1), base),
            Row("a crash of 5 threads: cached", Key(cached, "start", 1), base),
        ]
        return Section("ttlog symbolize", "ms", "ttlog view --json, which looks nothing up", rows, self.effort.program_rounds)

    def with_snapshot(self, events, path, *command):
        return SnapshotOffer(self.bench, events, path, f"{self.bench}/starts", "-", *command, environment=self.environment)

    def index(self):
        """Of one reader, which is what a processor does; the database is SQLite's, in a file."""
        files, path = self.effort.crashes, f"{self.directory}/crashes"
        database = path + ".db"
        add = f'{self.build}/ttlog db --db "$1" add --jobs 1 "$2" >/dev/null'
        base = Key(self.with_deaths(files, path, f"{self.build}/ttlog", "stats", "--json", path), "start", 1)
        new = self.with_deaths(files, path, "/bin/sh", "-c", 'rm -f "$1"; ' + add, "sh", database + ".new", path)
        again = self.with_deaths(files, path, "/bin/sh", "-c", add, "sh", database, path)
        ask = self.with_deaths(files, path, "/bin/sh", "-c", f'{self.build}/ttlog db --db "$1" report >/dev/null', "sh", database)
        rows = [
            Row(f"{files:,} snapshots into a new index", Key(new, "start", 1), base),
            Row(f"{files:,} snapshots that are in it", Key(again, "start", 1), base),
            Row("ttlog db report", Key(ask, "start", 1), base),
        ]
        if not os.path.exists(f"{self.build}/ttlog-db"):
            rows = [Row(row.name, refused="ttlog-db was not built: libsqlite3-dev or libmd-dev is not installed") for row in rows]
        return Section("ttlog db", "ms", "ttlog stats of the same snapshots", rows, self.effort.death_rounds)

    def with_deaths(self, files, path, *command):
        return DeathsOffer(self.bench, files, path, f"{self.bench}/starts", "-", *command, environment=self.environment)

    def deaths(self):
        rows = []
        with open("/proc/sys/kernel/core_pattern", encoding="utf-8") as file:
            pattern = file.read().strip()
        plain_file = pattern and pattern[0] != "|" and "/" not in pattern
        for threads in self.effort.death_threads:
            plain, agent = self.death_of("fault", threads, 100, False), self.death_of("fault", threads, 100, True)
            where = threads_text(threads) + ": "
            base = Key(plain, "death", 1)
            rows.append(Row(where + "agent, snapshot written", Key(agent, "death", 1), base))
            if self.effort.peers and plain_file:
                rows.append(Row(where + "core file written", Key(plain, "core", 1), base))
                rows.append(Row(where + "core file, gdb's backtraces of it", Key(plain, "gdb", 1), base))
            elif self.effort.peers:
                rows.append(Row(where + "gdb: run, generate-core-file, backtraces", Key(plain, "gcore", 1), base))
        against = "without the agent, without a core"
        return Section("A crash, from the fault to the death reaped", "ms", against, rows, self.effort.death_rounds)
