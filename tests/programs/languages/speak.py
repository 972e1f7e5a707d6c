import logging, os, sys, warnings
print("print", 1, "ä")
sys.stdout.write("sys.stdout.write 2\n")
print("print to standard error", file=sys.stderr)
sys.stdout.flush()
os.write(1, b"os.write 3\n")
os.writev(2, [b"os.writev ", b"4\n"])
logging.basicConfig()
logging.error("logging 5")
warnings.warn("warning 6")
print("long " + "x" * 9000)
def inner():
    raise ValueError("traceback 7")
inner()
