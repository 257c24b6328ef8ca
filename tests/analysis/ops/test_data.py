"""Data sets, loaders and collate functions: what is claimed of a batch holds for the batch that torch makes."""

from __future__ import annotations

import pytest

from shapeguard.analysis.facts.shapes import Dim
from shapeguard.analysis.facts.values import Num, Tensor
from tests.analysis.programs import Facts, axes, check, num, seq, tensor

PROGRAMS = {
    "windows of a tensor": """
import torch
data = torch.arange(500) % 40
def batch(n):
    ix = torch.randint(0, len(data) - n - 1, (8,))
    return torch.stack([data[i:i + n] for i in ix]), torch.stack([data[i + 1:i + 1 + n] for i in ix])
x, y = batch(6)
rows = torch.stack([data[i:i + 16] for i in range(0, 240, 16)])
starts = torch.randint(0, data.numel() - 7, (8,)).tolist()
z = torch.stack([data[s:s + 6] for s in starts])
end = data[496:496 + 6]
""",
    "windows of a data set": """
import torch
from torch.utils.data import DataLoader, Dataset
class Windows(Dataset):
    def __init__(self, ids, n):
        self.ids, self.n = ids, n
    def __len__(self):
        return (len(self.ids) - 1) // self.n
    def __getitem__(self, i):
        s = i * self.n
        return self.ids[s:s + self.n], self.ids[s + 1:s + self.n + 1]
for x, y in DataLoader(Windows(torch.randint(0, 9, (200,)), 16), batch_size=4):
    pass
""",
    "generators": """
import numpy as np
import torch
rng = np.random.default_rng(0)
x = rng.normal(size=(4, 3))
y = torch.from_numpy(rng.integers(0, 5, size=(4, 6)).astype(np.int32))
z = np.random.RandomState(1).randint(0, 9, (2, 3))
""",
    "tensor data set": """
import torch
from torch.utils.data import DataLoader, TensorDataset
loader = DataLoader(TensorDataset(torch.randint(0, 9, (20, 6)), torch.zeros(20, 3)), batch_size=4)
for x, y in loader:
    pass
n = x.size(0)
""",
    "default collate": """
import torch
from torch.utils.data import DataLoader, Dataset
class Items(Dataset):
    def __len__(self):
        return 12
    def __getitem__(self, i):
        return torch.zeros(5), 3, 0.5, "name", {"mask": torch.ones(2, 2, dtype=torch.bool), "pair": (1, torch.tensor(2))}
loader = DataLoader(Items(), batch_size=3, shuffle=True)
a, b, c, d, e = next(iter(loader))
m = e["mask"]
p, q = e["pair"]
""",
    "batch size one and none": """
import torch
from torch.utils.data import DataLoader, TensorDataset
data = TensorDataset(torch.zeros(7, 2))
(a,) = next(iter(DataLoader(data)))
(b,) = next(iter(DataLoader(data, batch_size=1)))
(c,) = next(iter(DataLoader(data, batch_size=None)))
(d,) = data[0]
""",
    "collate function": """
import torch
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader, Dataset
class Rows(Dataset):
    def __init__(self):
        self.rows = [torch.arange(1, 3 + i) for i in range(20)]
    def __len__(self):
        return len(self.rows)
    def __getitem__(self, i):
        return self.rows[i], torch.tensor([1, 2])
def collate(batch):
    xs, ys = zip(*batch)
    lens = torch.tensor([len(x) for x in xs])
    return pad_sequence(xs, batch_first=True), torch.stack(ys), lens
for x, y, lens in DataLoader(Rows(), batch_size=4, collate_fn=collate):
    pass
b, t = x.shape
""",
    "a collate object": """
import torch
from torch.utils.data import DataLoader
class Collate:
    def __init__(self, pad):
        self.pad = pad
    def __call__(self, batch):
        width = max(len(r) for r in batch)
        return torch.tensor([r + [self.pad] * (width - len(r)) for r in batch])
rows = [[1] * (i + 1) for i in range(10)]
for x in DataLoader(rows, batch_size=5, collate_fn=Collate(0)):
    pass
""",
    "lists become lists of tensors": """
import torch
from torch.utils.data import DataLoader, Dataset
class Lists(Dataset):
    def __len__(self):
        return 8
    def __getitem__(self, i):
        return [1, 2, 3]
out = next(iter(DataLoader(Lists(), batch_size=4)))
first = out[0]
""",
    "iterable data set": """
import torch
from torch.utils.data import DataLoader, IterableDataset
class Stream(IterableDataset):
    def __iter__(self):
        for i in range(10):
            yield torch.zeros(4), i
for x, y in DataLoader(Stream(), batch_size=5):
    pass
""",
    "splits": """
import torch
from torch.utils.data import ConcatDataset, DataLoader, Subset, TensorDataset, random_split
data = TensorDataset(torch.zeros(10, 3), torch.zeros(10, dtype=torch.long))
train, valid = random_split(data, [8, 2])
x, y = next(iter(DataLoader(train, batch_size=2)))
u, v = next(iter(DataLoader(Subset(data, [0, 1]), batch_size=2)))
s, t = next(iter(DataLoader(ConcatDataset([data, data]), batch_size=2)))
""",
    "zeros and a slice write": """
import torch
rows = [[1, 2, 3], [4], [5, 6]]
out = torch.zeros(len(rows), max(len(r) for r in rows), dtype=torch.long)
for i, r in enumerate(rows):
    out[i, :len(r)] = torch.tensor(r)
""",
    "collate by hand": """
import torch
from torch.utils.data.dataloader import default_collate
batch = default_collate([{"x": torch.zeros(3), "y": 1}, {"x": torch.ones(3), "y": 2}])
x = batch["x"]
y = batch["y"]
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_claims_hold(name: str) -> None:
    check(PROGRAMS[name], at_least=2)


def test_the_batch_axis_is_a_batch_axis() -> None:
    facts = check(PROGRAMS["collate function"])
    x, y, lens = (tensor(facts[n]) for n in ("x", "y", "lens"))
    assert [a.role for a in axes(x)] == ["batch", "time"]
    assert axes(x)[0] == axes(y)[0] == axes(lens)[0]
    assert [f.id for f in x.fills] == [Dim()] and not y.fills


def test_labels_of_a_loader_cannot_hold_padding() -> None:
    facts = check(PROGRAMS["iterable data set"])
    y = tensor(facts["y"])
    assert y.padding == "none" and y.dtype == "int64" and y.scale == "ids"


def test_a_shift_in_the_data_set_reaches_the_batch() -> None:
    source = """
import torch
from torch.utils.data import DataLoader, Dataset
class Windows(Dataset):
    def __init__(self, ids, size):
        self.ids, self.size = ids, size
    def __len__(self):
        return len(self.ids) - self.size
    def __getitem__(self, i):
        chunk = self.ids[i:i + self.size + 1]
        return torch.tensor(chunk[:-1]), torch.tensor(chunk[1:])
ids = [ord(c) % 7 for c in "abcdefghijklmnop" * 4]
for x, y in DataLoader(Windows(ids, 8), batch_size=4):
    pass
"""
    known = "vocabulary = {c: i for i, c in enumerate(open('x').read())}\n"
    facts = Facts(known + source.replace("ord(c) % 7", "vocabulary[c]"))
    x, y = tensor(facts["x"]), tensor(facts["y"])
    assert x.origin is not None and y.origin is not None and (y.origin.start - x.origin.start).const == 1
    assert x.shape == y.shape and x.padding == y.padding == "none"
    check(source, at_least=2)


def test_the_length_of_a_loader_counts_batches() -> None:
    facts = Facts("from torch.utils.data import DataLoader\nloader = DataLoader(open('x'), batch_size=4)\nn = len(loader)\nm = len(loader)")
    n = facts["n"]
    assert isinstance(n, Num) and n.count is not None and n.count.kind == "batches" and n == facts["m"]


def test_progress_bars_pass_on() -> None:
    source = """
import torch
from torch.utils.data import DataLoader, TensorDataset
from tqdm import tqdm
from tqdm.auto import tqdm as bar
loader = DataLoader(TensorDataset(torch.zeros(8, 3)), batch_size=4)
for (x,) in tqdm(loader, desc="epoch"):
    pass
for i, (y,) in enumerate(bar(loader)):
    pass
"""
    facts = Facts(source)
    assert str(tensor(facts["x"]).shape) == str(tensor(facts["y"]).shape) == "(B, 3)"


def test_attributes_of_a_loader() -> None:
    facts = Facts(
        "import torch\nfrom torch.utils.data import DataLoader, TensorDataset\n"
        "loader = DataLoader(TensorDataset(torch.zeros(8, 3)), batch_size=4)\nb = loader.batch_size\nn = len(loader.dataset)"
    )
    assert num(facts["b"]) == Dim.of(4) and num(facts["n"]) == Dim.of(8)


def test_fixed_lists() -> None:
    facts = check(PROGRAMS["lists become lists of tensors"])
    assert [str(tensor(i).shape) for i in seq(facts["out"]).items or ()] == ["(B,)"] * 3


def test_an_unknown_data_set_gives_unknown_batches() -> None:
    facts = Facts("from torch.utils.data import DataLoader\nfor batch in DataLoader(load('x'), batch_size=4):\n    pass")
    assert type(facts["batch"]).__name__ == "Unknown"


WINDOWS = """
import torch
def batch(data, n, size):
    ix = torch.randint(len(data) - n, (size,))
    xs = torch.stack([data[i:i + n] for i in ix])
    return xs, torch.stack([data[i + 1:i + 1 + n] for i in ix]), torch.stack([data[i:i + n] for i in ix])
x, y, same = batch(torch.tensor([ord(c) % 9 for c in open("x").read()]), 32, 8)
"""


def test_windows_at_the_same_places_are_the_same_ids() -> None:
    facts = Facts(WINDOWS)
    x, y, same = (tensor(facts[n]) for n in ("x", "y", "same"))
    assert x.origin is not None and y.origin is not None and x.origin == same.origin and (y.origin.start - x.origin.start).const == 1
    assert axes(x)[1].size == Dim.of(32) and x.padding == "none"


def test_windows_that_may_run_over_the_end_only_agree() -> None:
    facts = Facts(WINDOWS.replace("len(data) - n,", "len(data),"))
    x, y = axes(facts["x"])[1].size, axes(facts["y"])[1].size
    assert x == y and x is not None and x.const is None


def test_unknown_rows_become_tensors_of_one_source() -> None:
    facts = Facts("""
import torch
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader, Dataset
class Rows(Dataset):
    def __init__(self, rows):
        self.rows = rows
    def __len__(self):
        return len(self.rows)
    def __getitem__(self, i):
        ids = torch.tensor(self.rows[i])
        return ids[:-1], ids[1:]
class Cut(Rows):
    def __getitem__(self, i):
        return torch.tensor(self.rows[i][:-1]), torch.tensor(self.rows[i][1:])
def collate(batch):
    xs, ys = zip(*batch)
    return pad_sequence(xs, batch_first=True), pad_sequence(ys, batch_first=True)
rows = open("x").rows
for x, y in DataLoader(Rows(rows), batch_size=4, collate_fn=collate):
    pass
for a, b in DataLoader(Cut(rows), batch_size=4, collate_fn=collate):
    pass
whole = torch.tensor(rows)
""")
    for one, other in (("x", "y"), ("a", "b")):
        x, y = tensor(facts[one]), tensor(facts[other])
        assert x.origin is not None and y.origin is not None and x.origin.source == y.origin.source
        assert (y.origin.start - x.origin.start).const == 1
    assert tensor(facts["whole"]).shape.rank is None


def test_a_row_cut_to_its_length_may_hold_no_padding() -> None:
    facts = Facts("""
import torch
from torch.nn.utils.rnn import pad_sequence
y = pad_sequence([torch.tensor([1, 2, 3]), torch.tensor([4])], batch_first=True)
a = torch.cat([y[i, :n] for i, n in enumerate([3, 1])])
b = y[:, :2]
c = y[0, :-1]
""")
    assert not tensor(facts["a"]).fills and tensor(facts["b"]).fills and tensor(facts["c"]).fills


def test_an_unknown_pad_setting_is_one_id() -> None:
    facts = Facts("""
import torch
import torch.nn.functional as F
def load(args):
    for row in args.rows:
        x = F.pad(torch.tensor([1, 2]), (0, 3), value=args.pad)
    return x, args.pad
x, pad = load(open("x"))
""")
    (fill,) = tensor(facts["x"]).fills
    assert fill.id == num(facts["pad"]) and fill.id is not None and fill.id.role == "pad"


def test_a_mask_written_row_by_row_in_a_loop() -> None:
    facts = Facts("""
import torch
def rows(lengths):
    mask = torch.zeros(2, 5).bool()
    for i, n in enumerate(lengths):
        mask[i, :n] = True
    return mask
a, b = rows([3, 5]), rows(open("x").lengths)
""")
    for name in ("a", "b"):
        mask = tensor(facts[name]).mask
        assert mask is not None and (mask.kind, mask.keeps) == ("lengths", "real")


def test_labels_of_pictures_cannot_hold_padding() -> None:
    source = """
from torch.utils.data import DataLoader
from torchvision import datasets
for images, labels in DataLoader(datasets.CIFAR10(".", train=True), batch_size=8):
    pass
for images, others in DataLoader(datasets.CIFAR10(".", target_transform=spread), batch_size=8):
    pass
"""
    facts = Facts(source)
    labels = tensor(facts["labels"])
    assert (labels.padding, labels.scale, [a.role for a in axes(labels)]) == ("none", "ids", ["batch"])
    assert not isinstance(facts["others"], Tensor) or tensor(facts["others"]).padding == "unknown"


def test_one_row_of_ids_cut_into_rows_holds_no_padding() -> None:
    source = """
import numpy as np
import torch
stored = np.memmap("ids.bin", dtype=np.uint16, mode="r")
row = stored[:8 * 16 + 1].astype(np.int64)
x = torch.from_numpy(row)[:-1].view(8, 16)
given = torch.tensor([[1, 2, 0], [3, 0, 0]]).flatten().view(2, 3)
"""
    facts = Facts(source)
    assert tensor(facts["stored"]).shape.rank == 1
    assert tensor(facts["x"]).padding == "none"
    assert tensor(facts["given"]).padding == "seen"  # as its ends show, before they were cut


def test_a_number_that_is_written_over_one_hot_rows_leaves_none() -> None:
    source = """
import torch
import torch.nn.functional as F
rows = F.one_hot(torch.tensor([[1, 2], [0, 1]]), 3)
written, zeroed = rows.clone(), rows.clone()
written[..., -1] = 2
zeroed[..., -1] = 0
"""
    facts = Facts(source)
    one_hot, written = tensor(facts["rows"]), tensor(facts["written"])
    assert one_hot.part is not None and one_hot.part.kind == "one-hot"
    assert (written.part, written.high) == (None, None)
    assert tensor(facts["zeroed"]).part is not None
