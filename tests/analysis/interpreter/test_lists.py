"""Lists on their way to targets: which ids end them, pad them and are classes of their own, and rows that Python picks one by one."""

from __future__ import annotations

from shapeguard.analysis.facts.shapes import Dim, Same
from tests.analysis.programs import Facts, num, seq, tensor


def test_an_id_that_stands_elsewhere_in_a_list_does_not_end_it() -> None:
    facts = Facts("""
PAD, EOS = 0, 2
def labels(words):
    label = [PAD]
    for w in words:
        label.append(w if len(w) > 3 else PAD)
        label.append(PAD)
    label.append(PAD)
    return label
def ids(words, vocab):
    out = [vocab[w] for w in words]
    out.append(EOS)
    return out
a = labels(open("x").read().split())
b = ids(open("x").read().split(), {"a": 5, "b": 6})
""")
    assert not seq(facts["a"]).ends
    assert [e.id for e in seq(facts["b"]).ends] == [Dim.of(2)]


def test_flags_that_are_appended_word_by_word_are_no_padding() -> None:
    facts = Facts("""
def example(text):
    flags = []
    for w in text.split():
        flags.append(1 if w.endswith(",") else 0)
    flags += [-1] * (10 - len(flags))
    return flags
y = example("well, i think so")
""")
    assert [f.id for f in seq(facts["y"]).fills] == [Dim.of(-1)]


def test_ids_that_are_known_to_be_classes() -> None:
    facts = Facts("""
import torch
tags = {"O": 0, "B-PER": 1, "I-PER": 2}
padded = {"<pad>": 0, "O": 1, "B-PER": 2}
plus = {"O": 0, "B-PER": 1}
a = torch.tensor([tags[t] for t in open("x").read().split()])
b = torch.tensor([padded[t] for t in open("x").read().split()])
c = torch.tensor([plus[t] + 1 for t in open("x").read().split()])
d = torch.tensor([tags["O"], tags["B-PER"]])
e = torch.tensor([[5, 6, 0, 0], [7, 0, 0, 0]])
f = torch.tensor([[5, 0, 6, 0], [7, 8, 9, 1]])
g = torch.tensor([int(c) for c in str(120)] + [0] * 2)
h = torch.cdist(torch.randn(4, 3), torch.randn(7, 3)).argmin(-1)
i = a + 1
""")
    zero = {name: [r.id for r in tensor(facts[name]).real if r.id == Dim()] for name in "abcdefghi"}
    assert {name for name, found in zero.items() if found} == {"a", "d", "f", "g", "h"}


def test_a_0_before_the_others_counts_only_while_the_list_is_whole() -> None:
    facts = Facts("import torch\ny = torch.tensor([0, 3, 4])")
    assert [r.step.op for r in tensor(facts["y"]).real if r.step is not None] == ["literal"]


def test_sizes_of_tables() -> None:
    facts = Facts("""
words = sorted({w for line in open("x") for w in line.split()})
index = {w: i for i, w in enumerate(words)}
base = len(words)
index["<s>"] = len(index)
index["</s>"] = len(index)
n = len(index)
ids = [index["<s>"]] + [index[w] for w in open("x").read().split()] + [index["</s>"]]
first = {w[0]: w for w in words}
m = len(first)
""")
    base = num(facts["base"])
    assert num(facts["n"]) == base + 2 and seq(facts["ids"]).high == base + 2
    assert num(facts["m"]).same(base) is Same.MAYBE


def test_the_order_of_a_set_is_not_known() -> None:
    facts = Facts("index = {c: i for i, c in enumerate(set('hello'))}\nxs = list(set('hello'))\nn = len(xs)")
    assert num(facts["n"]) == Dim.of(4) and seq(facts["xs"]).items is None


def test_rows_picked_one_by_one() -> None:
    facts = Facts("""
import torch
scores, gold, lengths = torch.nn.Linear(8, 5)(torch.randn(3, 7, 8)), torch.randint(0, 5, (3, 7)), [7, 3, 5]
rows, ids, last = [], [], []
for i, n in enumerate(lengths):
    last.append(scores[i, n - 1])
    for j in range(n):
        rows.append(scores[i, j])
        ids.append(gold[i, j])
a, b, c = torch.stack(rows), torch.stack(ids), torch.stack(last)
flat = scores.reshape(-1, 5)
keep = [k for k, v in enumerate(gold.reshape(-1).tolist()) if v != 0]
d = torch.stack([flat[k] for k in keep])
e = torch.stack([flat[k] for k in range(4)])
f = torch.stack([gold[:, t] for t in range(7)])
picked = []
for k in range(21):
    if gold.view(-1)[k] != 0:
        picked.append(flat[k])
g = torch.stack(picked)
""")
    assert {n for n in "abcdefg" if tensor(facts[n]).note("python-filter")} == {"a", "b", "d", "g"}
