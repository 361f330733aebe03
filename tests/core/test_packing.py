import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skrnn._core.packing import PackedBatch, Sequences, segments

quick = settings(max_examples=60, deadline=None, derandomize=True)


@st.composite
def stored(draw, shortest=1):
    """Starts and falling lengths of sequences that lie somewhere, with gaps."""
    lengths = sorted(
        draw(st.lists(st.integers(shortest, 9), min_size=1, max_size=7)), reverse=True
    )
    gaps = draw(st.lists(st.integers(0, 2), min_size=7, max_size=7))
    order = draw(st.permutations(range(len(lengths))))
    starts, row = np.empty(len(lengths), int), 0
    for i, gap in zip(order, gaps):
        starts[i] = row + gap
        row = starts[i] + lengths[i]
    return starts, np.array(lengths)


def rows_of(starts, lengths):
    return [row for s, n in zip(starts, lengths) for row in range(s, s + n)]


@quick
@given(stored())
def test_covers_each_row_once(sequences):
    batch = PackedBatch(*sequences)
    assert sorted(batch.source) == sorted(rows_of(*sequences))
    assert len(batch) == len(sequences[1])
    assert batch.n_rows == sequences[1].sum()


@quick
@given(stored())
def test_steps_are_time_major(sequences):
    """Step t is one row of each sequence that runs still, in their order."""
    starts, lengths = sequences
    batch = PackedBatch(starts, lengths)
    assert len(batch.steps) == lengths[0]
    for t, (start, stop) in enumerate(batch.steps):
        running = np.flatnonzero(lengths > t)
        assert batch.running[t] == len(running)
        np.testing.assert_array_equal(batch.sequence[start:stop], running)
        np.testing.assert_array_equal(batch.source[start:stop], starts[running] + t)
    assert batch.steps[-1][1] == batch.n_rows
    assert batch.is_even == (lengths[0] == lengths[-1])


@quick
@given(stored())
def test_runs_are_the_steps_of_equally_many(sequences):
    batch = PackedBatch(*sequences)
    steps = [
        (start + i * n, start + (i + 1) * n)
        for start, n_steps, n in batch.runs
        for i in range(n_steps)
    ]
    assert steps == batch.steps
    sizes = [n for _, _, n in batch.runs]
    assert sizes == sorted(set(sizes), reverse=True)


@quick
@given(stored())
def test_last(sequences):
    starts, lengths = sequences
    batch = PackedBatch(starts, lengths)
    np.testing.assert_array_equal(batch.source[batch.last], starts + lengths - 1)


@quick
@given(stored())
def test_reversal_turns_every_sequence_round(sequences):
    starts, lengths = sequences
    batch = PackedBatch(starts, lengths)
    twice = batch.reversal[batch.reversal]
    np.testing.assert_array_equal(twice, np.arange(batch.n_rows))
    turned = batch.source[batch.reversal]
    for i, (start, length) in enumerate(zip(starts, lengths)):
        backward = np.arange(start, start + length)[::-1]
        np.testing.assert_array_equal(turned[batch.sequence == i], backward)


@quick
@given(stored())
def test_previous_is_the_step_before(sequences):
    """Each row's predecessor, in storage that begins with the initial states."""
    starts, lengths = sequences
    batch = PackedBatch(starts, lengths)
    before_first = -1 - np.arange(len(batch))
    storage = np.concatenate([before_first, batch.source])
    is_first = batch.source == starts[batch.sequence]
    expected = np.where(is_first, before_first[batch.sequence], batch.source - 1)
    np.testing.assert_array_equal(storage[batch.previous], expected)


@quick
@given(stored(shortest=0), st.integers(1, 10))
def test_segments_cover_all_steps_in_order(sequences, n_steps):
    starts, lengths = sequences
    walked = [[] for _ in starts]
    for piece in segments(starts, lengths, n_steps):
        assert 1 <= len(piece.steps) <= n_steps
        for i in range(len(piece)):
            walked[i].extend(piece.source[piece.sequence == i])
    for rows, start, length in zip(walked, starts, lengths):
        assert rows == list(range(start, start + length))


@pytest.mark.parametrize(
    ("n_steps", "sizes"), [(1, [1] * 7), (3, [3, 3, 1]), (7, [7]), (9, [7])]
)
def test_segments_are_full_but_for_the_last(n_steps, sizes):
    pieces = segments(np.array([0]), np.array([7]), n_steps)
    assert [piece.n_rows for piece in pieces] == sizes


class TestSequences:
    def setup_method(self):
        rows = np.arange(20.0).reshape(10, 2)
        self.X = Sequences(rows, np.array([1, 5, 8]), np.array([3, 2, 1]))

    def test_subset_shares_rows(self):
        subset = self.X.subset(np.array([2, 0]))
        assert subset.rows is self.X.rows
        assert len(subset) == 2
        assert list(subset.spans()) == [slice(8, 9), slice(1, 4)]

    def test_covered_leaves_the_padding_out(self):
        assert self.X.covered(np.arange(10)).tolist() == [1, 2, 3, 5, 6, 8]
