import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from skrnn._core.packing import PackedBatch, Sequences
from skrnn._core.workspace import Workspace
from skrnn._training.batches import (
    bounded_batches,
    by_falling_length,
    cut_into_streams,
    draw_batches,
    gather_rows,
)

from ..problems import Problem, architecture

quick = settings(max_examples=60, deadline=None, derandomize=True)
lengths_of_many = st.lists(st.integers(1, 50), min_size=1, max_size=80).map(np.array)


def assert_partition(batches, lengths):
    """Each sequence once, each batch by falling length."""
    assert sorted(np.concatenate(batches)) == list(range(len(lengths)))
    for members in batches:
        assert (np.diff(lengths[members]) <= 0).all()


@quick
@given(lengths_of_many, st.integers(1, 20), st.integers(0, 10))
def test_draw_batches_covers_all_once(lengths, batch_size, seed):
    batches = draw_batches(lengths, batch_size, np.random.default_rng(seed))
    assert_partition(batches, lengths)
    sizes = [len(members) for members in batches]
    assert max(sizes) <= batch_size
    assert len(sizes) == -(-len(lengths) // batch_size)


@quick
@given(lengths_of_many, st.integers(1, 20))
def test_batches_in_order_without_a_generator(lengths, batch_size):
    batches = draw_batches(lengths, batch_size, None)
    assert_partition(batches, lengths)
    for number, members in enumerate(batches):
        first = number * batch_size
        assert sorted(members) == list(range(first, first + len(members)))


def test_draw_batches_by_the_generator():
    lengths = np.random.default_rng(0).integers(1, 40, 200)

    def draw(seed):
        return draw_batches(lengths, 8, np.random.default_rng(seed))

    for members, same in zip(draw(1), draw(1)):
        np.testing.assert_array_equal(members, same)
    drawn, other = draw(1), draw(2)
    assert {frozenset(m) for m in drawn} != {frozenset(m) for m in other}
    rng = np.random.default_rng(1)
    first, second = (draw_batches(lengths, 8, rng) for _ in range(2))
    assert {frozenset(m) for m in first} != {frozenset(m) for m in second}
    # Long batches and short ones follow one another in no order.
    longest = np.array([lengths[members[0]] for members in drawn])
    assert 5 < np.count_nonzero(np.diff(longest) > 0) < 20


def test_ragged_batches_stay_full():
    """Sequences of similar lengths come together, so that most run to the end."""
    lengths = np.random.default_rng(0).integers(1, 200, 2000)

    def share_of_padding(batches):
        padded = sum(lengths[members].max() * len(members) for members in batches)
        return 1 - lengths.sum() / padded

    rng = np.random.default_rng(0)
    assert share_of_padding(draw_batches(lengths, 32, None)) > 0.4
    assert share_of_padding(draw_batches(lengths, 32, rng)) < 0.15


@quick
@given(lengths_of_many, st.integers(1, 120), st.sampled_from([None, 1, 7]))
def test_bounded_batches_covers_all_once(lengths, n_rows, n_steps):
    batches = bounded_batches(lengths, n_rows, n_steps)
    assert_partition(batches, lengths)
    longest = [lengths[members[0]] for members in batches]
    assert longest == sorted(longest, reverse=True)


@quick
@given(lengths_of_many, st.integers(1, 120))
def test_bounded_batches_are_bounded(lengths, n_rows):
    for members in bounded_batches(lengths, n_rows):
        assert len(members) == 1 or lengths[members].sum() <= n_rows


def test_bounded_batches_are_not_small():
    lengths = np.full(1000, 10)
    assert len(bounded_batches(lengths, 500)) <= 25
    assert len(bounded_batches(np.array([3, 2]), 500)) == 1


def test_bounded_batches_of_what_walks():
    """Long sequences side by side are as good as short ones."""
    lengths = np.full(64, 1_000_000)
    assert len(bounded_batches(lengths, 32_768, n_steps=128)) == 1
    assert len(bounded_batches(lengths, 32_768)) == 64
    many = bounded_batches(np.full(5000, 1_000_000), 32_768, n_steps=128)
    assert len(many) > 10


def test_by_falling_length():
    lengths = np.array([2, 5, 2, 9, 5])
    members = np.array([4, 2, 0, 1])
    assert by_falling_length(lengths, members).tolist() == [1, 4, 0, 2]


class TestDataset:
    def dataset(self, by_step, **options):
        net = architecture(pooling=None if by_step else "last")
        data = Problem.draw(net, [2, 4, 3]).data
        for name, value in options.items():
            setattr(data, name, value)
        return data

    @pytest.mark.parametrize(
        ("by_step", "weights", "total"),
        [
            (True, None, 9),
            (False, None, 3),
            (True, [1, 0.5, 2], 2 + 2 + 6),
            (False, [1, 0.5, 2], 3.5),
        ],
    )
    def test_total_weight(self, by_step, weights, total):
        weights = None if weights is None else np.array(weights)
        data = self.dataset(by_step, weights=weights)
        assert data.total_weight() == total

    def test_total_weight_with_classes(self):
        class_weight = np.array([1.0, 10, 100])
        by_sequence = self.dataset(False, y=np.array([0, 2, 1]))
        by_sequence.class_weight = class_weight
        assert by_sequence.total_weight() == 111
        by_sequence.weights = np.array([1, 0.5, 3])
        assert by_sequence.total_weight() == 1 + 50 + 30
        by_step = self.dataset(True, class_weight=class_weight)
        # What stands at rows of padding does not count.
        by_step.y[:] = 2
        for span, label in zip(by_step.X.spans(), (0, 1, 0)):
            by_step.y[span] = label
        assert by_step.total_weight() == 2 + 40 + 3
        by_step.weights = np.array([1, 0.5, 3])
        assert by_step.total_weight() == 2 + 20 + 9

    @pytest.mark.parametrize("by_step", [False, True])
    @pytest.mark.parametrize("weighted", [False, True])
    @pytest.mark.parametrize("with_classes", [False, True])
    def test_gather(self, by_step, weighted, with_classes):
        data = self.dataset(by_step)
        data.weights = np.array([1.0, 0.5, 3]) if weighted else None
        data.class_weight = np.array([1.0, 10, 100]) if with_classes else None
        members = np.array([1, 2, 0])
        X = data.X.subset(members)
        piece = PackedBatch(X.starts, X.lengths)
        batch = data.gather(members, piece, Workspace(np.float64))
        np.testing.assert_array_equal(batch.x, data.X.rows[piece.source])
        position = piece.sequence if by_step else np.arange(3)
        expected_y = data.y[piece.source] if by_step else data.y[members]
        np.testing.assert_array_equal(batch.y, expected_y)
        assert batch.total == pytest.approx(data.total_weight())
        if not weighted and not with_classes:
            assert batch.weights is None
            return
        expected = np.ones(len(expected_y))
        if weighted:
            expected *= data.weights[members][position]
        if with_classes:
            expected *= data.class_weight[expected_y]
        np.testing.assert_allclose(batch.weights, expected)

    @pytest.mark.parametrize("by_step", [False, True])
    def test_subset(self, by_step):
        data = self.dataset(by_step, weights=np.array([1.0, 2, 4]))
        subset = data.subset(np.array([2, 0]))
        assert subset.X.rows is data.X.rows
        assert subset.X.lengths.tolist() == [3, 2]
        assert subset.weights.tolist() == [4, 1]
        expected = data.y if by_step else data.y[[2, 0]]
        np.testing.assert_array_equal(subset.y, expected)
        assert subset.total_weight() == (12 + 2 if by_step else 5)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.intp])
def test_gather_rows(dtype):
    rows = np.arange(24).reshape(8, 3).astype(dtype)
    X = Sequences(rows, np.array([1, 5]), np.array([3, 2]))
    piece = PackedBatch(X.starts, X.lengths)
    x = gather_rows(X, piece, Workspace(np.float64))
    assert x.dtype == dtype
    np.testing.assert_array_equal(x, rows[[1, 5, 2, 6, 3]])
    X.rows = sparse.csr_array(rows)
    np.testing.assert_array_equal(
        gather_rows(X, piece, Workspace(np.float64)).toarray(), x
    )


@quick
@given(
    st.lists(st.integers(1, 40), min_size=1, max_size=8),
    st.integers(1, 50),
)
def test_streams_cover_the_sequences_in_even_parts(lengths, n_longest):
    lengths = np.array(lengths)
    starts, cut = cut_into_streams(lengths, n_longest)
    assert cut.max() <= n_longest
    assert cut.min() >= 1
    np.testing.assert_array_equal(starts, np.cumsum(cut) - cut)
    assert set(np.cumsum(lengths)) <= set(starts + cut)
    first = 0
    for length in lengths:
        parts = cut[(starts >= first) & (starts < first + length)]
        assert parts.sum() == length
        assert len(parts) == -(-length // n_longest)
        assert parts.max() - parts.min() <= 1
        first += length
