"""Lists, dicts and builtins: what is claimed of small programs holds when Python runs them."""

from __future__ import annotations

import pytest

from shapeguard.analysis.facts.shapes import Dim, Same, fresh
from shapeguard.analysis.facts.values import UNKNOWN, Num, Seq
from shapeguard.analysis.ops.python import containers
from tests.analysis.programs import Facts, axes, check, num, seq, tensor

PROGRAMS = {
    "sets and tables": """
text = "to be or not to be, that is the question whether it is nobler in the mind to suffer"
chars = sorted(set(text))
n = len(chars)
stoi = {c: i for i, c in enumerate(chars)}
size = len(stoi)
stoi["<pad>"] = len(stoi)
grown = len(stoi)
ids = [stoi[c] for c in "to be"]
tags = {t: i for i, t in enumerate(["O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-ORG", "I-ORG", "B-MISC"])}
known = tags["B-LOC"]
number = ord("a")
raw = list("caf\u00e9".encode("utf-8"))
""",
    "windows of lists": """
data = [(7 * k) % 23 for k in range(100)]
def windows(n):
    return [data[i:i + n] for i in range(0, len(data) - n, n)]
xs = windows(8)
first = xs[0]
short = data[95:95 + 8]
over = [data[i:i + 8] for i in [0, 40, 96]]
""",
    "list methods": """
xs = [3, 1, 2]
xs.append(5)
ys = xs.copy()
ys.insert(0, 9)
last = ys.pop()
first = ys.pop(0)
ys.extend([7, 8])
where = xs.index(1)
n = len(ys)
both = xs + ys
twice = xs * 2
tail = both[2:]
head = both[:-3]
middle = both[1:4]
item = both[-1]
""",
    "sorting": """
xs = [3, 1, 2]
xs.sort()
ys = sorted(xs, reverse=True)
zs = list(reversed([1, 2, 3]))
m = max(xs)
small = min(4, 2)
total = sum([1, 2, 3])
""",
    "dicts": """
d = {"a": 1, "b": 2}
d["c"] = 3
e = dict(d, x=4)
e.update({"a": 10})
f = d.get("a")
g = d.get("nope", 7)
h = d.get("nope")
k = d.pop("b")
n = len(d)
s = e.setdefault("z", 5)
has = "a" in d
values = list(d.values())
pairs = list(d.items())
keys = list(d)
made = dict(zip(["p", "q"], [1, 2]))
""",
    "iteration": """
a = list(range(3))
b = list(range(2, 10, 4))
c = [i * i for i in range(4)]
d = list(zip([1, 2], ["x", "y"]))
e = list(enumerate(["x", "y"], 1))
f = list(map(str, [1, 2]))
g = [*a, *b]
h = list(zip(*[(1, "a"), (2, "b")]))
n = len(range(5, 100, 5))
""",
    "itertools": """
import itertools
a = list(itertools.chain([1], [2, 3]))
b = list(itertools.islice([1, 2, 3, 4], 2))
c = list(itertools.chain.from_iterable([[1], [2, 3]]))
d = list(itertools.repeat(0, 3))
e = list(itertools.zip_longest([1, 2], [3], fillvalue=0))
""",
    "numbers": """
import math
a = 7 // 2
b = 7 % 4
c = 2 ** 5
d = -a
e = math.sqrt(16.0)
f = int("12")
g = float("1.5")
h = bool([])
i = abs(-3)
j = str(5)
k = round(2.6)
m = math.ceil(2.1)
t = 1 < 2
u = 3 == 3.0
v = not 0
""",
    "strings": """
words = "a b c".split()
joined = "-".join(words)
up = "x".upper()
n = len("hello")
ch = "hello"[1]
parts = "a,b".split(",")
""",
    "sets and copies": """
import copy
s = set([1, 2, 2, 3])
n = len(s)
a = [[1], [2]]
b = copy.deepcopy(a)
b.append([3])
""",
    "getters": """
from operator import itemgetter
get = itemgetter(1)
x = get([4, 5, 6])
y = max([(1, 5), (2, 3)], key=itemgetter(0))
z = sorted([(2, "b"), (1, "a")], key=lambda p: p[0])
""",
    "a function that pads": """
PAD = 0
def pad_to(xs, n):
    while len(xs) < n:
        xs.append(PAD)
    return xs
short = pad_to([5, 6], 2)
rows = [[1, 2, 3], [4]]
width = max(len(r) for r in rows)
padded = [r + [PAD] * (width - len(r)) for r in rows]
""",
    "loops": """
out = []
for i in range(9):
    out.append(i)
total = 0
for i in range(9):
    total += 2
count = len(out)
""",
    "nested lists": """
rows = [[1, 2], [3, 4], [5, 6]]
cols = list(zip(*rows))
flat = [x for r in rows for x in r]
first = rows[0]
rows[1][0] = 9
cell = rows[1][0]
rows[2] = [7]
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_claims_hold(name: str) -> None:
    check(PROGRAMS[name], at_least=8)


IDS = """
PAD, BOS, EOS = 0, 1, 2
stoi = {c: i for i, c in enumerate(sorted(set(open("x").read())))}
text = open("y").read()
ids = [stoi[c] for c in text]
"""


def test_padding_by_repetition() -> None:
    facts = Facts(
        IDS + "n = len(open('z').read())\nrow = ids + [PAD] * (n - len(ids))\nleft = [PAD] * (n - len(ids)) + ids\n"
        "few = ids + [PAD] * 3\nlabels = [1] + [0] * n"
    )
    row, left, ids = seq(facts["row"]), seq(facts["left"]), seq(facts["ids"])
    assert [f.id for f in row.fills] == [Dim()] and row.fills[0].where == "after" and row.padding == "seen"
    assert row.origin == ids.origin and row.length == num(facts["n"])
    assert [f.where for f in left.fills] == ["before"]
    assert left.origin is not None and ids.origin is not None and left.origin.source == ids.origin.source and left.origin != ids.origin
    assert seq(facts["few"]).fills and not seq(facts["few"]).ends
    assert not seq(facts["labels"]).fills


def test_prefix_and_suffix() -> None:
    facts = Facts(IDS + "full = [BOS] + ids + [EOS]\nx = full[:-1]\ny = full[1:]\ncut = full[:5]")
    full, x, y, cut = (seq(facts[n]) for n in ("full", "x", "y", "cut"))
    assert x.origin is not None and y.origin is not None
    assert x.origin.source == y.origin.source and (y.origin.start - x.origin.start).const == 1
    assert [e.id.const for e in full.ends] == [2] and [e.id.const for e in y.ends] == [2] and not x.ends and not cut.ends
    assert not full.fills and x.length == y.length


def test_known_sentences_are_padded_too() -> None:
    source = """
stoi = {w: i + 3 for i, w in enumerate(["how", "are", "you"])}
def encode(text):
    ids = [1] + [stoi[w] for w in text.split()] + [2]
    return ids + [0] * (6 - len(ids))
rows = [encode(t) for t in ("how are you", "you are", "how")]
"""
    facts = check(source)
    rows = seq(facts["rows"])
    found = [seq(r) for r in rows.items or ()]
    assert [bool(r.fills) for r in found] == [True, True, True] and [[e.id.const for e in r.ends] for r in found] == [[2]] * 3


def test_bounds_of_looked_up_ids() -> None:
    facts = Facts(
        "chars = sorted(set(open('x').read()))\nstoi = {c: i + 1 for i, c in enumerate(chars)}\n"
        "ids = [stoi[c] for c in text]\nn = len(chars)"
    )
    found = facts["ids"]
    machine = facts.machine
    one = containers.collected(machine, "list", seq(found).elem, fresh("n"))
    assert one.low == Dim.of(1) and one.high == num(facts["n"]) + 1


def test_a_loop_that_appends_padding() -> None:
    facts = Facts(IDS + "row = [stoi[c] for c in text]\nrow.append(EOS)\nwhile len(row) < 50:\n    row.append(PAD)")
    assert [f.id.const for f in seq(facts["row"]).fills if f.id is not None] == [0]


def test_a_loop_that_ends_sentences_does_not_pad() -> None:
    loop = "row = []\nfor line in text.split(chr(10)):\n    for c in line:\n        row.append(stoi[c])\n    row.append(EOS)"
    assert not seq(Facts(IDS + loop)["row"]).fills
    extended = "row = []\nfor line in text.split(chr(10)):\n    row += [stoi[c] for c in line]\n    row.append(EOS)"
    assert not seq(Facts(IDS + extended)["row"]).fills
    spaced = "row = [stoi['a']]\nfor c in text:\n    row.append(stoi[c])\n    row.append(PAD)"
    assert not seq(Facts(IDS + spaced)["row"]).fills


def test_constant_labels_are_no_padding() -> None:
    facts = Facts(IDS + "labels = []\nfor c in text:\n    if c == 'x':\n        labels.append(1)\n    else:\n        labels.append(0)")
    assert not seq(facts["labels"]).fills


def test_windows_cannot_hold_padding() -> None:
    facts = Facts(IDS + "def at(i):\n    return ids[i:i + 8], ids[i + 1:i + 9]\nx, y = at(len(text))")
    x, y = seq(facts["x"]), seq(facts["y"])
    assert x.padding == y.padding == "none" and x.length == y.length
    assert x.origin is not None and y.origin is not None and (y.origin.start - x.origin.start).const == 1


def test_written_masks() -> None:
    facts = Facts(
        IDS + "n = 64\nright = [1] * len(ids) + [0] * (n - len(ids))\n"
        "left = [0] * (n - len(ids)) + [1] * len(ids)\nflip = [0] * len(ids) + [1] * (n - len(ids))"
    )
    found = [m.keeps if (m := seq(facts[name]).mask) is not None else None for name in ("right", "left", "flip")]
    assert found == ["real", "real", "pad"] and not seq(facts["right"]).fills
    segments = Facts(IDS + "other = [stoi[c] for c in open('z').read()]\nseg = [0] * len(ids) + [1] * len(other)")
    assert seq(segments["seg"]).mask is None


def test_special_ids_of_a_dict_are_stable() -> None:
    facts = Facts(IDS + "a = stoi['<pad>']\nb = stoi['<pad>']\nc = stoi['<eos>']\nd = stoi[text[0]]\ne = stoi[text[0]]")
    assert num(facts["a"]) == num(facts["b"]) and num(facts["a"]).role == "pad"
    assert num(facts["a"]).same(num(facts["c"])) is Same.MAYBE
    assert num(facts["d"]) != num(facts["e"])


def test_columns_of_a_batch() -> None:
    source = """
import torch
def collate(batch):
    xs, ys = zip(*batch)
    return xs, ys
def samples(n):
    return [(torch.zeros(3, 4), i) for i in range(n)]
xs, ys = collate(samples(len(open("x").read())))
"""
    facts = Facts(source)
    xs = seq(facts["xs"])
    assert isinstance(xs.elem, type(tensor(xs.elem))) and str(tensor(xs.elem).shape) == "(3, 4)" and xs.length == seq(facts["ys"]).length


def test_zip_longest_pads_time_first() -> None:
    source = """
import itertools, torch
rows = [ids[:5], ids[:9], *[ids for _ in text]]
t = torch.tensor(list(itertools.zip_longest(*rows, fillvalue=PAD)))
"""
    t = tensor(Facts(IDS + source)["t"])
    assert [f.id for f in t.fills] == [Dim()] and t.shape.rank == 2 and axes(t)[0].role == "time"


def test_a_count_stays_a_count() -> None:
    source = """
import torch
def f(x, n):
    mask = x != 0
    return max(mask.sum().item(), 1), sum([len(r) for r in n])
a, b = f(torch.randint(0, 9, (4, 7)), [[1], [2]])
"""
    facts = Facts(source)
    assert isinstance(facts["a"], Num) and facts["a"].count is not None and facts["a"].count.kind == "mask"
    assert num(facts["b"]) == Dim.of(2)


def test_an_unknown_member_stays_unknown() -> None:
    machine = Facts("x = 1").machine
    rows = containers.collected(machine, "list", UNKNOWN, fresh("n"))
    assert rows.origin is None and rows.elem == UNKNOWN  # ids or whole rows: nobody knows


def test_unknown_lists_beside_ids_hold_ids() -> None:
    machine = Facts("x = 1").machine
    words = machine.opaque("words")
    bos = containers.make(machine, "list", (Num(Dim.of(1)),))
    left, right = containers.plus(machine, bos, words), containers.plus(machine, words, bos)
    assert left is not None and right is not None and left.origin is not None and right.origin is not None
    assert left.origin.source == right.origin.source and left.length == right.length
    assert (right.origin.start - left.origin.start).const == 1


def test_swapping_in_a_comprehension() -> None:
    facts = Facts("x = 1")
    machine = facts.machine
    with machine.at(facts.frame.module, None):
        out = containers.swapped(machine, Seq("list", None, Num(fresh("id", "token")), fresh("T", "time")), Dim(), Dim.of(-100))
    assert [(s.by, s.new) for s in out.swaps] == [(Dim(), Dim.of(-100))]
