"""Loaders of data sets: what they read, and what becomes of a bad download."""

import gzip
import re
import sys
import threading
from collections import Counter
from dataclasses import replace
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np
import pytest

from skrnn import datasets
from skrnn.datasets import (
    fetch_ewt,
    fetch_japanese_vowels,
    fetch_names,
    fetch_sentence_polarity,
    fetch_tiny_shakespeare,
)

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

import data

CONLLU = """\
# sent_id = a
# text = Don't # go
1-2\tDon't\t_\t_\t_\t_\t_\t_\t_\t_
1\tDo\tdo\tAUX\tVB\t_\t0\troot\t_\t_
2\tn't\tnot\tPART\tRB\t_\t1\tadvmod\t_\t_
3\t#\t#\tSYM\t#\t_\t1\tdep\t_\t_
3.1\tgo\tgo\tVERB\tVB\t_\t_\t_\t_\t_

# text = Yes
1\tYes\tyes\tINTJ\tUH\t_\t0\troot\t_\t_

"""
TAGGED = "Do\tAUX\nn't\tPART\n#\tSYM\n\nYes\tINTJ\n\n"
TS = """\
# a comment: of two dimensions
@problemName Toy
@data
1,2,3:4,5,6:1
7,8:9,10:2
"""
POSITIVE, NEGATIVE = "good\u2028 fun , no \n\xfcber\n", "bad film \n"
POLARITY = "1\tgood\u2028 fun , no\n1\t\xfcber\n0\tbad film\n"
TEXT = "0123456789abcdefghi\n"

# By loader: its source, the source's files, and the files of the other layout.
TOYS = {
    fetch_ewt: (
        "_EWT",
        {"en_ewt-ud-train.conllu": CONLLU},
        {"train.tsv.gz": TAGGED},
    ),
    fetch_sentence_polarity: (
        "_SENTENCE_POLARITY",
        {"rt-polarity.pos": POSITIVE, "rt-polarity.neg": NEGATIVE},
        {"mr.tsv.gz": POLARITY},
    ),
    fetch_tiny_shakespeare: (
        "_TINY_SHAKESPEARE",
        {"input.txt": TEXT},
        {"input.txt.gz": TEXT},
    ),
    fetch_japanese_vowels: (
        "_JAPANESE_VOWELS",
        {"JapaneseVowels_TRAIN.ts": TS, "JapaneseVowels_TEST.ts": TS},
        {"JapaneseVowels_TRAIN.ts": TS},
    ),
    fetch_names: (
        "_NAMES",
        {"Greek.txt": "Kosta\nKosta \n", "Irish.txt": "\xd3 Neill\n"},
        {"names.tsv": "Greek\tKosta\nGreek\tKosta\nIrish\t\xd3 Neill\n"},
    ),
}
LOADERS = list(TOYS)
WITH_TARGET = [loader for loader in LOADERS if loader is not fetch_tiny_shakespeare]


def check_content(dataset, loader):
    """The toy data set is read right."""
    if loader is fetch_ewt:
        assert dataset.data == [["Do", "n't", "#"], ["Yes"]]
        assert dataset.target == [["AUX", "PART", "SYM"], ["INTJ"]]
    elif loader is fetch_sentence_polarity:
        assert dataset.data == ["good\u2028 fun , no", "\xfcber", "bad film"]
        np.testing.assert_array_equal(dataset.target, [1, 1, 0])
        assert dataset.target.dtype.kind == "i"
        assert dataset.target_names == ["negative", "positive"]
    elif loader is fetch_tiny_shakespeare:
        assert dataset.data == [TEXT[:18]]
        assert "target" not in dataset
    elif loader is fetch_japanese_vowels:
        first, second = dataset.data
        np.testing.assert_array_equal(first, [[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]])
        np.testing.assert_array_equal(second, [[7.0, 9.0], [8.0, 10.0]])
        assert first.dtype == second.dtype == float
        np.testing.assert_array_equal(dataset.target, ["1", "2"], strict=True)
    else:
        assert dataset.data == ["Kosta", "Kosta", "\xd3 Neill"]
        languages = ["Greek", "Greek", "Irish"]
        np.testing.assert_array_equal(dataset.target, languages, strict=True)


class Handler(BaseHTTPRequestHandler):
    """Serves the server's `files`, or fails as its `fault` says."""

    def do_GET(self):
        server, name = self.server, Path(self.path).name
        server.requested[name] += 1
        content, fault = server.files.get(name), server.fault
        if content is None or fault == "status 500":
            self.send_error(404 if content is None else 500)
            return
        if fault == "no answer":
            return
        if fault == "other content":
            content = content[::-1]
        self.send_response(200)
        if fault == "chunk cut":
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"ff\r\n" + content[:1])
            return
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[:-1] if fault == "cut" else content)

    def log_message(self, *args):
        pass


FAULTS = ["status 500", "no answer", "cut", "chunk cut", "other content"]


@pytest.fixture
def server(monkeypatch):
    """The toy data sets, served as upstream serves the real ones."""
    monkeypatch.setenv("no_proxy", "*")
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        server.fault, server.requested, server.files = None, Counter(), {}
        for source, files, _ in TOYS.values():
            files = {name: text.encode() for name, text in files.items()}
            server.files |= files
            toy = replace(
                getattr(datasets, source),
                url=f"http://127.0.0.1:{server.server_port}/{source}/",
                checksums={k: sha256(v).hexdigest() for k, v in files.items()},
            )
            monkeypatch.setattr(datasets, source, toy)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def files_under(folder):
    return {path.name for path in Path(folder).rglob("*") if path.is_file()}


def write_other_layout(loader, data_home):
    source, _, files = TOYS[loader]
    folder = data_home / getattr(datasets, source).folder
    folder.mkdir()
    for name, text in files.items():
        opener = gzip.open if name.endswith(".gz") else open
        with opener(folder / name, "wt", encoding="utf-8") as stream:
            stream.write(text)
    return folder


@pytest.mark.parametrize("loader", LOADERS)
def test_download(loader, server, tmp_path):
    dataset = loader(data_home=tmp_path, n_retries=0)
    check_content(dataset, loader)
    assert dataset.DESCR == getattr(datasets, TOYS[loader][0]).description
    assert server.requested.keys() == files_under(tmp_path)
    assert set(server.requested.values()) == {1}


@pytest.mark.parametrize("loader", LOADERS)
def test_nothing_is_downloaded_twice(loader, server, tmp_path):
    loader(data_home=tmp_path)
    requested = server.requested.copy()
    check_content(loader(data_home=str(tmp_path)), loader)
    check_content(loader(data_home=tmp_path, download_if_missing=False), loader)
    assert server.requested == requested


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize("fault", FAULTS)
def test_broken_download(loader, fault, server, tmp_path):
    server.fault = fault
    with pytest.raises(OSError, match=r"Could not download http.* into .*: .+") as info:
        loader(data_home=tmp_path, n_retries=0)
    [name] = server.requested
    assert name in str(info.value)
    assert str(tmp_path) in str(info.value)
    assert not files_under(tmp_path)
    with pytest.raises(OSError, match="has no file"):
        loader(data_home=tmp_path, download_if_missing=False)
    server.fault = None
    check_content(loader(data_home=tmp_path, n_retries=0), loader)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("status 500", "HTTP Error 500"),
        ("cut", "got only"),
        ("other content", "SHA256 checksum"),
    ],
)
def test_the_error_says_what_went_wrong(fault, reason, server, tmp_path):
    server.fault = fault
    with pytest.raises(OSError, match=reason):
        fetch_tiny_shakespeare(data_home=tmp_path, n_retries=0)


def test_files_that_came_are_kept_when_a_later_one_does_not(server, tmp_path):
    missing = server.files.pop("Irish.txt")
    with pytest.raises(OSError, match=r"Irish\.txt"):
        fetch_names(data_home=tmp_path, n_retries=0)
    assert files_under(tmp_path) == {"Greek.txt"}
    with pytest.raises(OSError, match=r"has no file Irish\.txt"):
        fetch_names(data_home=tmp_path, download_if_missing=False)
    server.files["Irish.txt"] = missing
    check_content(fetch_names(data_home=tmp_path, n_retries=0), fetch_names)
    assert server.requested["Greek.txt"] == 1


@pytest.mark.parametrize("fault", ["status 500", "cut"])
def test_retries(fault, server, tmp_path):
    server.fault = fault
    with (
        pytest.warns(UserWarning, match="Retry") as record,
        pytest.raises(OSError, match="Could not download"),
    ):
        fetch_tiny_shakespeare(data_home=tmp_path, n_retries=2, delay=0)
    assert len(record) == 2
    assert server.requested["input.txt"] == 3


def test_a_changed_file_is_downloaded_anew(server, tmp_path):
    fetch_tiny_shakespeare(data_home=tmp_path)
    (tmp_path / "shakespeare" / "input.txt").write_text("something else")
    with pytest.warns(UserWarning, match="SHA256"):
        dataset = fetch_tiny_shakespeare(data_home=tmp_path)
    check_content(dataset, fetch_tiny_shakespeare)


def test_no_folder_to_download_into(server, tmp_path):
    (tmp_path / "ewt").write_text("not a folder")
    with pytest.raises(OSError, match="Could not download .*File exists"):
        fetch_ewt(data_home=tmp_path)
    assert not server.requested


def test_only_the_subset_is_downloaded(server, tmp_path):
    fetch_japanese_vowels(subset="test", data_home=tmp_path)
    assert files_under(tmp_path) == {"JapaneseVowels_TEST.ts"}


@pytest.mark.parametrize("loader", LOADERS)
def test_other_layout(loader, server, tmp_path):
    folder = write_other_layout(loader, tmp_path)
    before = files_under(tmp_path)
    folder.chmod(0o500)
    tmp_path.chmod(0o500)
    check_content(loader(data_home=tmp_path), loader)
    check_content(loader(data_home=tmp_path, download_if_missing=False), loader)
    assert not server.requested
    assert files_under(tmp_path) == before


@pytest.mark.parametrize("loader", LOADERS)
def test_missing_and_not_to_be_downloaded(loader, server, tmp_path):
    source, files, other_files = TOYS[loader]
    source = getattr(datasets, source)
    with pytest.raises(OSError, match="download_if_missing=True") as info:
        loader(data_home=tmp_path, download_if_missing=False)
    message = str(info.value)
    assert str(tmp_path / source.folder) in message
    assert source.url in message
    assert next(iter(files)) in message
    assert next(iter(other_files)) in message
    assert not server.requested
    assert not files_under(tmp_path)


@pytest.mark.parametrize("loader", WITH_TARGET)
def test_return_X_y(loader, server, tmp_path):
    dataset = loader(data_home=tmp_path)
    dataset.data, dataset.target = loader(data_home=tmp_path, return_X_y=True)
    check_content(dataset, loader)


def test_the_parts_of_shakespeare(server, tmp_path):
    train, test, whole = (
        fetch_tiny_shakespeare(subset=subset, data_home=tmp_path).data
        for subset in ("train", "test", "all")
    )
    assert (train, test, whole) == ([TEXT[:18]], [TEXT[18:]], [TEXT])


@pytest.mark.parametrize("loader", LOADERS)
def test_default_data_home(loader, server, tmp_path, monkeypatch):
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path))
    check_content(loader(), loader)
    assert files_under(tmp_path)


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize(
    "wrong",
    [{"n_retries": -1}, {"delay": -0.1}, {"data_home": 3}, {"download_if_missing": ""}],
)
def test_wrong_parameters(loader, wrong):
    with pytest.raises(ValueError, match=f"'{next(iter(wrong))}' parameter"):
        loader(**wrong)


@pytest.mark.parametrize(
    "loader", [fetch_ewt, fetch_japanese_vowels, fetch_tiny_shakespeare]
)
def test_wrong_subset(loader):
    with pytest.raises(ValueError, match="'subset' parameter"):
        loader(subset="validation")


@pytest.mark.parametrize("loader", LOADERS)
def test_sources_are_pinned(loader):
    source = getattr(datasets, TOYS[loader][0])
    assert re.match(r"https://[^/]+/[^/]+/[^/]+/[0-9a-f]{40}/(.+/)?$", source.url)
    for checksum in source.checksums.values():
        assert re.fullmatch("[0-9a-f]{64}", checksum)
    for word in ("Licence", "Origin", "itation"):
        assert word in source.description


# -- The real data sets ----------------------------------------------------------------


def needs(name):
    folder = data.folder() / name
    return pytest.mark.skipif(not folder.is_dir(), reason=f"data/{name} is absent")


def load(loader, **parameters):
    return loader(data_home=data.folder(), download_if_missing=False, **parameters)


@needs("ewt")
@pytest.mark.parametrize(
    ("subset", "n_sentences", "n_tokens"),
    [("train", 12544, 204577), ("dev", 2001, 25147), ("test", 2077, 25094)],
)
def test_ewt(subset, n_sentences, n_tokens):
    X, y = load(fetch_ewt, subset=subset, return_X_y=True)
    assert len(X) == len(y) == n_sentences
    assert [len(tokens) for tokens in X] == [len(tags) for tags in y]
    assert sum(len(tags) for tags in y) == n_tokens
    assert len({tag for tags in y for tag in tags}) == 17
    assert all(token and token == token.strip() for tokens in X for token in tokens)


@needs("mr")
def test_sentence_polarity():
    X, y = load(fetch_sentence_polarity, return_X_y=True)
    assert len(X) == len(y) == 10662
    np.testing.assert_array_equal(np.bincount(y), [5331, 5331])
    assert all(X)
    assert X[2] == "effective but too-tepid biopic"
    assert y[2] == 1


@needs("shakespeare")
def test_tiny_shakespeare():
    [train], [test], [whole] = (
        load(fetch_tiny_shakespeare, subset=subset).data
        for subset in ("train", "test", "all")
    )
    assert train + test == whole
    assert (len(train), len(test), len(whole)) == (1003854, 111540, 1115394)
    assert len(set(whole)) == 65


@needs("japanese_vowels")
@pytest.mark.parametrize(("subset", "n_series"), [("train", 270), ("test", 370)])
def test_japanese_vowels(subset, n_series):
    X, y = load(fetch_japanese_vowels, subset=subset, return_X_y=True)
    assert len(X) == len(y) == n_series
    assert {series.shape[1] for series in X} == {12}
    lengths = {len(series) for series in X}
    assert 7 <= min(lengths) < max(lengths) <= 29
    assert set(y) == set("123456789")
    assert all(np.isfinite(series).all() for series in X)


@needs("names")
def test_names():
    X, y = load(fetch_names, return_X_y=True)
    assert len(X) == len(y) == 20050
    assert len(set(y)) == 18
    lengths = {len(name) for name in X}
    assert (min(lengths), max(lengths)) == (2, 20)
    assert set(datasets._NAMES.checksums) == {f"{language}.txt" for language in y}
