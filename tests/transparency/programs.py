"""Programs that nobody recompiled, by the script that uses each. What the script says and how it ends is the verdict."""
import hashlib
import json
import os
import re
import shutil
import socket
import subprocess
import tempfile

import surroundings
from sources import Missing

# In the scripts: $PLACE is an empty directory, $PORT a free port, $SOURCE this project, $RUN stands before the program that is looked at.
SCRIPTS = {
    "node": ("node", "$RUN node -e 'for (let i = 0; i < 2000; i++) console.log(i, require(\"crypto\").createHash(\"md5\").update(\"\" + i).digest(\"hex\"))'"),
    "java": ("java javac", "$RUN java -Xmx128m -cp $BUILD/tests/programs/runtimes Faults live"),
    "git": (
        "git",
        """export GIT_AUTHOR_DATE='2020-01-01T00:00:00Z' GIT_COMMITTER_DATE='2020-01-01T00:00:00Z' HOME=$PLACE
        git config --global user.name n; git config --global user.email e@example.org; git init -q -b main r && cd r
        for i in 1 2 3 4 5 6 7 8 9; do cp -r $SOURCE/agent . && echo $i >agent/n && git add . && git commit -q -m $i; done
        git gc -q && git fsck --strict && $RUN git log --stat -p""",
    ),
    "tar and gzip": ("tar gzip", "tar cf a.tar --sort=name --mtime=@0 -C /usr/share/perl . && $RUN gzip -kvn a.tar; sha256sum a.tar.gz; tar xvzf a.tar.gz | wc -l"),
    "sqlite3": (
        "sqlite3",
        """$RUN sqlite3 db "create table t(a integer primary key, b text); with recursive c(x) as (select 1 union all select x+1 from c
        where x<100000) insert into t select x, hex(x*x) from c; create index i on t(b); select count(*), sum(a), max(b) from t;
        select * from t where a % 50 = 0; pragma integrity_check" """,
    ),
    "redis": (
        "redis-server redis-benchmark",
        """$RUN redis-server --port 0 --unixsocket s --enable-debug-command local --save '' --dir $PLACE >log & server=$!
        until redis-cli -s s ping 2>/dev/null; do kill -0 $server || exit 9; done
        redis-benchmark -s s -q -n 20000 -t ping,set,get,incr,lpush,lrange_100 >benchmark || exit 8
        grep -c 'requests per second' benchmark; redis-cli -s s debug digest; redis-cli -s s dbsize; kill -TERM $server; wait $server; echo ended $?""",
    ),
    "nginx": (
        "/usr/sbin/nginx wrk curl",
        """mkdir logs; echo 'a page' >index.html; printf 'daemon off; user root; worker_processes 2; pid %s/pid; error_log %s/e.log; events {}
        http { access_log %s/a.log; server { listen 127.0.0.1:%s; root %s; } }' $PLACE $PLACE $PLACE $PORT $PLACE >conf
        $RUN /usr/sbin/nginx -p $PLACE -c $PLACE/conf & server=$!
        until curl -s http://127.0.0.1:$PORT/; do kill -0 $server || exit 9; done
        wrk -t 2 -c 20 -d 2s http://127.0.0.1:$PORT/ | grep -c -e Non-2xx -e 'Socket errors'
        curl -s -o /dev/null -w '%{http_code}\\n' http://127.0.0.1:$PORT/none
        kill -HUP $server; curl -s http://127.0.0.1:$PORT/; kill -QUIT $server; wait $server; echo ended $?""",
    ),
    "postgres": (
        "pgbench setpriv",
        """chmod 755 $PLACE; mkdir data; chown postgres data; bin=$(ls -d /usr/lib/postgresql/*/bin | tail -1)
        as="setpriv --reuid=postgres --regid=postgres --clear-groups"; export PGHOST=$PLACE/data PGUSER=postgres
        $as $bin/initdb -D data -A trust >/dev/null && echo made
        $RUN $as $bin/postgres -D data -k $PLACE/data -c listen_addresses= 2>log & server=$!
        until $as psql -Atc 'select 1' 2>/dev/null; do kill -0 $server || exit 9; done
        pgbench -i -q postgres 2>/dev/null; pgbench -c 4 -j 2 -t 250 -n postgres 2>&1 | grep -e processed -e failed
        psql -Atc 'select count(*) from pgbench_accounts; select count(*) from pgbench_history' postgres
        kill -INT $(head -1 data/postmaster.pid); wait $server; echo ended $?""",
    ),
    "openssl": ("openssl", "$RUN openssl speed -seconds 1 -bytes 1024 sha256 aes-128-cbc 2>&1 | sed 's/[0-9.]\\+/#/g'; openssl rand 5 | wc -c"),
}

SOURCE = os.path.abspath(__file__).rsplit("/tests/", 1)[0]
STRESSORS = """signal sigabrt sigchld sigfd sigfpe sigio sigpending sigpipe sigq sigsegv sigsuspend sigtrap pthread fork vfork clone vm
    mmap stack bigheap""".split()
STRESS = "$RUN stress-ng --{0} 1 --{0}-ops 200 -t 20 --temp-path $PLACE >log 2>&1; status=$?; sed 's/[0-9.]\\+/#/g' log; exit $status"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Program:
    """One script, or some of one kind."""

    def __init__(self, name, build, needed, scripts):
        self.name, self.build, self.needed, self.scripts = name, build, needed.split(), scripts

    def prepare(self, _side):
        for command in self.needed:
            if not shutil.which(command):
                raise Missing(f"{command} is not installed")

    def tests(self, _side):
        return sorted(self.scripts)

    def is_alone(self, _test):
        return False

    def run(self, side, test, run=""):
        with tempfile.TemporaryDirectory(dir=side.directory) as place:
            port = free_port()
            surroundings = {"PLACE": place, "PORT": str(port), "RUN": run, "BUILD": self.build, "SOURCE": SOURCE}
            status, out, err = side.run(["sh", "-c", self.scripts[test]], place, **surroundings)
        said = out.decode("utf-8", "replace") + err.decode("utf-8", "replace")
        return {test: f"status {status}: " + re.sub(rf"{re.escape(place)}|\b{port}\b", "HERE", said)}

    def recipe(self, test):
        return hashlib.sha256(self.scripts[test].encode()).hexdigest()[:12]

    def heard(self, side, test):
        """Events recorded of the program that is looked at, in a third run, under `ttlog run`."""
        with tempfile.TemporaryDirectory() as place:
            os.chmod(place, 0o777)  # some become another user
            self.run(side, test, f"{self.build}/ttlog run --on-exit always --storage {place} --")
            return sum(self.recorded(os.path.join(place, name)) for name in os.listdir(place))

    def recorded(self, snapshot):
        shown = subprocess.run([f"{self.build}/ttlog", "view", "--json", snapshot], capture_output=True, check=False)
        return json.loads(shown.stdout)["stats"]["recorded"] if shown.returncode == 0 else 0


def all_programs(build):
    programs = [Program(name, build, needed, {name: script}) for name, (needed, script) in SCRIPTS.items()]
    programs.append(Program("surroundings", build, surroundings.NEEDED, surroundings.SCRIPTS))
    programs.append(Program("stress-ng", build, "stress-ng", {name: STRESS.format(name) for name in STRESSORS}))
    return programs
