"""The benchmarks run; how fast, no test says."""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

import clipping
from cases import CASES
from nottingham import next_steps
from peers.products import Products, packed_batches
from tables import csv_table

MICRO = Path(__file__).resolve().parents[1] / "benchmarks" / "asv" / "benchmarks.py"
spec = spec_from_file_location("micro_benchmarks", MICRO)
micro = module_from_spec(spec)
spec.loader.exec_module(micro)


@pytest.mark.parametrize("benchmark", micro.BENCHMARKS)
def test_micro_benchmarks_run(benchmark):
    assert micro.run_once(benchmark)


@pytest.mark.parametrize("name", CASES)
def test_a_case_has_the_shapes_it_says(name):
    case = CASES[name]
    X, y = case.draw()
    lengths = [len(x) for x in X]
    assert len(y) == len(X) == 20 * case.batch_size
    assert {x.shape[1] for x in X} == {case.n_features}
    assert {x.dtype for x in X} == {np.dtype(np.float32)}
    if case.is_ragged:
        assert [len(labels) for labels in y] == lengths
        assert (min(lengths), max(lengths)) == (5, 100)
    else:
        assert set(lengths) == {case.n_steps}
        assert set(y) == set(range(10))


@pytest.mark.parametrize("name", ["tiny", "deep"])
def test_products_run_on_every_batch(name):
    case = CASES[name]
    batches = packed_batches(case, case.draw()[0])
    assert len(batches) == 20
    products = Products(case, max(batch.n_rows for batch in batches))
    products.run(min(batches, key=lambda batch: batch.n_rows))


def test_a_table_quotes_what_has_commas():
    table = csv_table("Times", ["case", "shape"], [["tiny", "20, 32"]])
    assert table == (
        '.. csv-table:: Times\n   :header-rows: 1\n\n   case,shape\n   tiny,"20, 32"\n'
    )


@pytest.fixture
def tunes():
    """Three keys, of which one sounds after the other."""
    rolls = [np.roll(np.eye(3).repeat(10, axis=0), shift, axis=1) for shift in range(3)]
    return {part: next_steps(rolls) for part in ("train", "valid", "test")}


def test_training_with_clipping_tells_each_epoch(tunes):
    model, curve = clipping.train(tunes, 1e-3, 0.9, 1, seed=0, n_epochs=3)
    assert len(curve) == len(model.grad_norm_curve_) == 3
    assert model.clip_fraction_curve_ == [1, 1, 1]
    assert curve[2] < curve[0]


def test_training_without_clipping_may_diverge(tunes):
    model, curve = clipping.train(tunes, None, 0, 1e38, seed=0, n_epochs=3)
    assert curve[-1] == np.inf
    line = clipping.row("no clipping", 0, 1e38, [(model, curve)], tunes)
    assert line[3:5] == ["inf", "inf"]


def test_the_two_best_rates_for_each_momentum_run_on():
    found = {
        ("no clipping", momentum, rate): abs(rate - center)
        for momentum, center in zip(clipping.MOMENTA, [0.11, 0.9])
        for rate in clipping.RATES
    }
    assert clipping.shortlist(found, "no clipping") == [
        *[(0, 0.1), (0, 0.05)],
        *[(0.9, 1), (0.9, 0.5)],
    ]
