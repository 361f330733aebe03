"""The benchmarks run; how fast, no test says."""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

from cases import CASES
from limits import Products, packed_batches
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
