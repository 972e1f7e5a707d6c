"""Programs where other tools look into them or change what is below them. Scripts as in programs.py."""

NEEDED = "python3 perl sqlite3 git strace gdb valgrind unshare setpriv"

BESIDE = "LD_PRELOAD=\"${LD_PRELOAD:+$LD_PRELOAD:}$(ls {0})\" $RUN {1}"  # after the agent
BEFORE = "LD_PRELOAD=\"$(ls {0})${LD_PRELOAD:+:$LD_PRELOAD}\" $RUN {1}"
THREADS = (
    "python3 -c 'import threading as t, hashlib\n"
    'def f(n): print(n, hashlib.md5(bytes(range(256)) * 40000).hexdigest(), sum(len(str(i) * 9) for i in range(30000)))\n'
    "for n in range(8): h = t.Thread(target=f, args=(n,)); h.start(); h.join()'"
)
TABLE = "sqlite3 db 'create table t(a); insert into t values(1),(2); select * from t; select count(*) from nothing'"
TIMES = "python3 -c 'import time; print(time.time() // 100, time.gmtime()[:4])'"
FAULT = "python3 -c 'import ctypes; print(1, flush=True); ctypes.string_at(0)'"
CLOSES = """python3 -c 'import os
out = os.fdopen(os.dup(1), "w"); os.closerange(3, out.fileno()); os.closerange(out.fileno() + 1, 70000); os.close(0); os.close(1); os.close(2)
print([os.open("/dev/null", os.O_RDWR) for _ in range(5)], os.pipe(), file=out, flush=True); os.closerange(0, 70000); os._exit(5)'"""
STRICT = """python3 -c 'import ctypes, os, sys
print("before", flush=True); ctypes.CDLL(None).prctl(22, 1); os.write(1, b"in it\\n"); os.write(2, b"also\\n"); {0}'"""

LIBRARIES = {
    "jemalloc": ("/usr/lib/*/libjemalloc.so.2", THREADS),
    "libfaketime": ("/usr/lib/*/faketime/libfaketime.so.1", "env FAKETIME='@2001-09-09 03:46:40' " + TIMES),
    "libeatmydata": ("/usr/lib/*/libeatmydata.so", TABLE + "; echo $?"),
}

SCRIPTS = {
    "strace": "$RUN strace -f -o log " + TABLE + "; echo $?; grep -c -e '--- SIG' log || :",
    "strace, a fault": "$RUN strace -f -o log " + FAULT + "; echo $?; grep -o -e '--- SIGSEGV.*' -e '+++ killed.*' log | sort -u",
    "gdb": "$RUN gdb -nx -batch -ex run -ex 'print $_exitcode' --args " + TABLE + " 2>&1 | sed '/^\\[Thread/d; s/process [0-9]*/#/'",
    "gdb, a fault": "$RUN gdb -nx -batch -ex run -ex 'print $_siginfo._sifields._sigfault.si_addr' -ex 'x/i $pc' --args "
    + FAULT
    + " 2>/dev/null | grep -e '^1$' -e 'received signal' -e '^[$]1' | sed 's/0x[0-9a-f]*/#/'",
    "valgrind": "$RUN valgrind --error-exitcode=9 --log-file=log " + TABLE + "; echo $?; grep -o 'ERROR SUMMARY.*' log",
    "valgrind, a fault": "$RUN valgrind -q --log-file=log perl -e 'print unpack(\"p\", pack(\"L!\", 16))'; echo $?; grep -o 'terminating with.*' log",
    "env -i": "env -i PATH=$PATH ${LD_PRELOAD:+LD_PRELOAD=$LD_PRELOAD} " + THREADS + "; env -i /usr/bin/git --version; env -i /usr/bin/env",
    "unshare": "$RUN unshare -Urfpm --mount-proc sh -c 'echo $$; id -u; set -- /proc/[0-9]*; echo $#; kill -SEGV $$; sh -c \"kill -SEGV \\$\\$\"; echo $?'",
    "another user": "$RUN setpriv --reuid=nobody --regid=nogroup --clear-groups --no-new-privs " + THREADS,
    "closes all descriptors": "$RUN " + CLOSES,
    "seccomp strict": "$RUN " + STRICT.format("ctypes.CDLL(None).syscall(60, 3)"),
    "seccomp strict, a death": "$RUN " + STRICT.format("os.getpid(); ctypes.CDLL(None).syscall(39)"),
    **{f"{name} after": BESIDE.replace("{0}", path).replace("{1}", command) for name, (path, command) in LIBRARIES.items()},
    **{f"{name} before": BEFORE.replace("{0}", path).replace("{1}", command) for name, (path, command) in LIBRARIES.items()},
}
