#!/usr/bin/python3
"""Checks snapshots against the project's CDDL with nobody's code of ours: Debian's python3-lz4 and python3-cbor2.

    validate.py CDDL SNAPSHOT...     exit 0: all are valid; 1: one line for each defect; 2: the CDDL is not understood
    validate.py --self-test CDDL     damages a minimal valid snapshot in every way the rules forbid and sees each refused

Stricter than RFC 8610: a key that a map does not name is a defect, even where the map ends in `* tstr => any` to leave room
for later versions. Understood are maps, arrays with an occurrence, optional keys, choices, ranges, literals, the prelude's
names used here, and rule names.
"""
import copy
import io
import re
import sys

import cbor2
import lz4.frame

TOKEN = re.compile(
    r"""\s*(?:;[^\n]*)?(?:
      (?P<string>"[^"]*") | (?P<number>-?\d+(?:\.\d+)?) | (?P<name>[A-Za-z_@$][A-Za-z0-9_.$@-]*)
    | (?P<mark>\.\.|=>|[{}\[\]()=/:?,*+]) )""",
    re.VERBOSE,
)
BLANK = re.compile(r"(?:\s+|;[^\n]*)*")


class Malformed(Exception):
    """The CDDL itself."""


def is_int(value):
    return isinstance(value, int) and not isinstance(value, bool)


PRELUDE = {
    "any": lambda value: True,
    "bool": lambda value: isinstance(value, bool),
    "bstr": lambda value: isinstance(value, bytes),
    "bytes": lambda value: isinstance(value, bytes),
    "float": lambda value: isinstance(value, float),
    "float64": lambda value: isinstance(value, float),
    "int": lambda value: is_int(value) and -(2**64) <= value < 2**64,
    "nint": lambda value: is_int(value) and -(2**64) <= value < 0,
    "null": lambda value: value is None,
    "nil": lambda value: value is None,
    "number": lambda value: is_int(value) or isinstance(value, float),
    "text": lambda value: isinstance(value, str),
    "tstr": lambda value: isinstance(value, str),
    "uint": lambda value: is_int(value) and 0 <= value < 2**64,
    "true": lambda value: value is True,
    "false": lambda value: value is False,
}


class Schema:
    """Rules by name; a rule is a node: (kind, ...)."""

    def __init__(self, text):
        self.tokens = list(self.tokenize(text))
        self.at = 0
        self.rules = {}
        while self.at < len(self.tokens):
            name = self.take("name")
            self.expect("=")
            if name in self.rules:
                raise Malformed(f"rule {name} is there twice")
            if not self.rules:
                self.root = name
            self.rules[name] = self.choice()
        for name in sorted(self.references()):
            if name not in self.rules and name not in PRELUDE:
                raise Malformed(f"rule {name} is missing")

    @staticmethod
    def tokenize(text):
        at = BLANK.match(text).end()
        while at < len(text):
            match = TOKEN.match(text, at)
            if not match:
                raise Malformed(f"not understood: {text[at:at + 30]!r}")
            yield match.lastgroup, match.group(match.lastgroup)
            at = BLANK.match(text, match.end()).end()

    def peek(self, ahead=0):
        return self.tokens[self.at + ahead] if self.at + ahead < len(self.tokens) else ("end", "")

    def take(self, kind):
        found, text = self.peek()
        if found != kind:
            raise Malformed(f"{kind} expected, {text!r} found")
        self.at += 1
        return text

    def accept(self, mark):
        if self.peek() == ("mark", mark):
            self.at += 1
            return True
        return False

    def expect(self, mark):
        if not self.accept(mark):
            raise Malformed(f"{mark!r} expected, {self.peek()[1]!r} found")

    def choice(self):
        options = [self.range()]
        while self.accept("/"):
            options.append(self.range())
        return options[0] if len(options) == 1 else ("choice", options)

    def range(self):
        node = self.primary()
        if not self.accept(".."):
            return node
        end = self.primary()
        if node[0] != "literal" or end[0] != "literal":
            raise Malformed("a range is between numbers")
        return ("range", node[1], end[1])

    def primary(self):
        kind, text = self.peek()
        if kind == "string":
            self.at += 1
            return ("literal", text[1:-1])
        if kind == "number":
            self.at += 1
            return ("literal", float(text) if "." in text else int(text))
        if kind == "name":
            self.at += 1
            return ("rule", text)
        if self.accept("("):
            node = self.choice()
            self.expect(")")
            return node
        if self.accept("{"):
            return self.map()
        if self.accept("["):
            return self.array()
        raise Malformed(f"a type expected, {text!r} found")

    def occurrence(self):
        """(least, most) number of times."""
        for mark, bounds in (("?", (0, 1)), ("*", (0, None)), ("+", (1, None))):
            if self.accept(mark):
                return bounds
        return (1, 1)

    def map(self):
        named, open_entries = {}, []
        while not self.accept("}"):
            bounds = self.occurrence()
            kind, text = self.peek()
            if kind in ("name", "string") and self.peek(1) == ("mark", ":"):
                self.at += 2
                if bounds[1] is None:
                    raise Malformed(f"key {text} any number of times")
                named[text.strip('"')] = (bounds[0], self.choice())
            else:
                key = self.choice()
                self.expect("=>")
                open_entries.append((key, self.choice()))
            self.accept(",")
        return ("map", named, open_entries)

    def array(self):
        items = []
        while not self.accept("]"):
            items.append((self.occurrence(), self.choice()))
            self.accept(",")
        if len(items) > 1 and any(bounds != (1, 1) for bounds, _ in items):
            raise Malformed("an array with an occurrence holds one type only")
        return ("array", items)

    def references(self):
        found = set()

        def walk(node):
            if isinstance(node, tuple) and node and node[0] == "rule":
                found.add(node[1])
            elif isinstance(node, dict):
                for inner in node.values():
                    walk(inner)
            elif isinstance(node, (tuple, list)):
                for inner in node:
                    walk(inner)

        walk(self.rules)
        return found

    def defects(self, value):
        return list(self.check(("rule", self.root), value, self.root))

    def check(self, node, value, path):
        """Yields one line for each defect."""
        kind = node[0]
        if kind == "rule" and node[1] in self.rules:
            yield from self.check(self.rules[node[1]], value, path)
        elif kind == "rule":
            if not PRELUDE[node[1]](value):
                yield f"{path}: {node[1]} expected, {value!r:.60} found"
        elif kind == "literal":
            if type(value) is not type(node[1]) or value != node[1]:
                yield f"{path}: {node[1]!r} expected, {value!r:.60} found"
        elif kind == "range":
            if not is_int(value) or not node[1] <= value <= node[2]:
                yield f"{path}: {node[1]}..{node[2]} expected, {value!r:.60} found"
        elif kind == "choice":
            tries = [list(self.check(option, value, path)) for option in self.strict(node[1])]
            if all(tries):
                yield f"{path}: none of {len(tries)} choices fits {value!r:.60}; the last: {tries[-1][0]}"
        elif kind == "array":
            yield from self.check_array(node[1], value, path)
        else:
            yield from self.check_map(node[1], node[2], value, path)

    @staticmethod
    def strict(options):
        """A choice of literals that ends in tstr leaves room for later versions: here it is the literals."""
        literals = [option for option in options if option[0] == "literal"]
        return literals if literals and ("rule", "tstr") in options else options

    def check_array(self, items, value, path):
        if not isinstance(value, list):
            yield f"{path}: array expected, {value!r:.60} found"
            return
        if len(items) == 1 and items[0][0] != (1, 1):
            (least, most), node = items[0]
            if len(value) < least or (most is not None and len(value) > most):
                yield f"{path}: {len(value)} elements"
            for i, inner in enumerate(value):
                yield from self.check(node, inner, f"{path}[{i}]")
            return
        if len(value) != len(items):
            yield f"{path}: {len(items)} elements expected, {len(value)} found"
        for i, ((_, node), inner) in enumerate(zip(items, value)):
            yield from self.check(node, inner, f"{path}[{i}]")

    def check_map(self, named, open_entries, value, path):
        if not isinstance(value, dict):
            yield f"{path}: map expected, {value!r:.60} found"
            return
        for key, (least, _) in named.items():
            if least and key not in value:
                yield f"{path}: key {key} is missing"
        for key, inner in value.items():
            if key in named:
                yield from self.check(named[key][1], inner, f"{path}.{key}")
                continue
            fits = not named and any(
                not list(self.check(key_node, key, path)) and not list(self.check(node, inner, path)) for key_node, node in open_entries
            )
            if not fits:
                yield f"{path}: key {key!r:.40} with {inner!r:.40} is not in the rules"

    # A smallest and a fullest value for the self-test ---------------------------------------------------------------------

    SAMPLES = {
        "any": 0, "bool": True, "bstr": b"x", "bytes": b"x", "float": 0.5, "float64": 0.5, "int": -1, "nint": -1, "null": None, "nil": None,
        "number": 1, "text": "x", "tstr": "x", "uint": 1, "true": True, "false": False,
    }

    def sample(self, node, full):
        kind = node[0]
        if kind == "rule":
            return self.sample(self.rules[node[1]], full) if node[1] in self.rules else self.SAMPLES[node[1]]
        if kind in ("literal", "range"):
            return node[1]
        if kind == "choice":
            return self.sample(node[1][0], full)
        if kind == "array":
            return [self.sample(inner, full) for bounds, inner in node[1] if full or bounds[0]]
        result = {key: self.sample(inner, full) for key, (least, inner) in node[1].items() if full or least}
        if full and not node[1]:
            for key_node, inner in node[2]:
                result[self.sample(key_node, full)] = self.sample(inner, full)
        return result


def load(path):
    with open(path, "rb") as file:
        data = lz4.frame.decompress(file.read())
    with io.BytesIO(data) as stream:
        value = cbor2.CBORDecoder(stream).decode()
        if stream.read(1):
            raise ValueError("something stands behind the CBOR item")
    return value


def places(value, path=()):
    """Every path into maps and lists."""
    yield path
    if isinstance(value, dict):
        for key in value:
            yield from places(value[key], path + (key,))
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            yield from places(inner, path + (i,))


def at(value, path):
    for key in path:
        value = value[key]
    return value


def replaced(value, path, new):
    result = copy.deepcopy(value)
    if not path:
        return new
    at(result, path[:-1])[path[-1]] = new
    return result


class Foreign:
    """Not of any type that CBOR has."""


def self_test(schema):
    failures = []
    root = ("rule", schema.root)
    least, full = schema.sample(root, False), schema.sample(root, True)
    for name, value in (("the smallest", least), ("the fullest", full)):
        for defect in schema.defects(value):
            failures.append(f"{name} snapshot is refused: {defect}")
    mutations = 0

    def refused(value, what):
        nonlocal mutations
        mutations += 1
        if not schema.defects(value):
            failures.append(f"accepted: {what}")

    for path in places(full):
        where = "/".join(map(str, path)) or "the whole"
        refused(replaced(full, path, Foreign()), f"a foreign type at {where}")
        refused(replaced(full, path, [[]]), f"an array at {where}")
        refused(replaced(full, path, {"x": {}}), f"a map at {where}")
        node = at(full, path)
        if isinstance(node, dict) and node and "x" not in node:
            changed = copy.deepcopy(full)
            at(changed, path)["unknown_key"] = Foreign()
            refused(changed, f"an unknown key in {where}")
        if is_int(node):
            refused(replaced(full, path, 2**64), f"2^64 at {where}")
            refused(replaced(full, path, 1.5), f"a fraction at {where}") if path[-2:-1] != ("kv",) else None
            refused(replaced(full, path, True), f"a bool at {where}") if path[-2:-1] != ("kv",) else None
    for path in places(least):
        node = at(least, path)
        if isinstance(node, dict):
            for key in node:
                changed = copy.deepcopy(least)
                del at(changed, path)[key]
                refused(changed, f"no key {key} in {'/'.join(map(str, path)) or 'the whole'}")
    unknown_word = copy.deepcopy(full)
    if unknown_word.get("events"):
        for key in ("level", "source"):
            refused(replaced(full, ("events", 0, key), "loud"), f"{key} loud")
    if mutations < 100:
        failures.append(f"only {mutations} mutations were tried")
    print(*failures, sep="\n", end="\n" if failures else "")
    return 1 if failures else 0


def main(arguments):
    testing = arguments[:1] == ["--self-test"]
    arguments = arguments[testing:]
    if not arguments or (not testing and len(arguments) < 2):
        print(__doc__, file=sys.stderr)
        return 2
    try:
        with open(arguments[0], encoding="utf-8") as file:
            schema = Schema(file.read())
    except (OSError, Malformed) as error:
        print(f"{arguments[0]}: {error}", file=sys.stderr)
        return 2
    if testing:
        return self_test(schema)
    bad = False
    for path in arguments[1:]:
        try:
            defects = schema.defects(load(path))
        except (OSError, RuntimeError, ValueError, cbor2.CBORDecodeError) as error:
            defects = [str(error)]
        for defect in defects:
            print(f"{path}: {defect}")
        bad = bad or bool(defects)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
