#!/usr/bin/python3
"""Makes an input of fuzz_recorder (sparse.h) out of a recorder file.

    tests/fuzz/sparse.py [--longest WORDS] [--look] RECORDER IMAGE

Words that are zero are left out; of what is longer than --longest the rest is left out too, for a fuzzer wants short inputs. --look: in
pieces of four units, and who follows the file looks after each.
"""
import argparse
import os
import struct

GAP = 4  # words of zeroes that do not end a piece
UNITS = 16  # words of four units
PAGE = 4096


def extents(file, size):
    """(offset, bytes) of what is no hole."""
    at = 0
    while at < size:
        try:
            at = os.lseek(file, at, os.SEEK_DATA)
        except OSError:
            return
        end = os.lseek(file, at, os.SEEK_HOLE)
        yield at, os.pread(file, end - at, at)
        at = end


def runs(offset, data):
    """(first word in the file, bytes) of what is not zero."""
    words = [data[i : i + 8] for i in range(0, len(data), 8)]
    begin = zeroes = None
    for i, word in enumerate(words + [bytes(8)] * GAP):
        if any(word):
            begin, zeroes = i if begin is None else begin, 0
        elif begin is not None:
            zeroes += 1
            if zeroes == GAP:
                yield offset // 8 + begin, b"".join(words[begin : i - GAP + 1])
                begin = None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--longest", type=int, default=200)
    parser.add_argument("--look", action="store_true")
    parser.add_argument("recorder")
    parser.add_argument("image")
    options = parser.parse_args()
    file = os.open(options.recorder, os.O_RDONLY)
    size = os.fstat(file).st_size
    with open(options.image, "wb") as image:
        image.write(struct.pack("<I", size // PAGE))
        for offset, data in extents(file, size):
            for where, run in runs(offset, data):
                run = run[: 8 * options.longest]
                step = 8 * UNITS if options.look and where else len(run)
                for at in range(0, len(run), step):
                    piece = run[at : at + step]
                    image.write(struct.pack("<IHH", where + at // 8, len(piece) // 8, int(options.look)) + piece)


main()
