import numpy as np

from skrnn._core.parameters import ParameterLayout, Rows

from ..problems import architecture

LAYOUT = ParameterLayout(
    {("b", 0, 0): (3,), "c": (1,)},
    {("W", 0, 0): (3, 3), "V": (3, 1)},
    {("U", 0, 0): (5, 3), ("U", 0, 1): (5, 2)},
)


def test_sizes():
    assert LAYOUT.n_biases == 3 + 1
    assert LAYOUT.n_dense == LAYOUT.n_biases + 9 + 3
    assert LAYOUT.table_width == 3 + 2
    assert LAYOUT.size == LAYOUT.n_dense + 5 * 5


def test_views_cover_the_vector_once():
    vector = np.zeros(LAYOUT.size)
    for view in LAYOUT.views(vector).values():
        assert np.shares_memory(view, vector)
        view += 1
    np.testing.assert_array_equal(vector, 1)


def test_views_have_their_shapes():
    vector = np.arange(LAYOUT.size)
    views = LAYOUT.views(vector)
    assert {name: view.shape for name, view in views.items()} == LAYOUT.shapes
    stack = LAYOUT.views(np.stack([vector, 2 * vector]))
    for name, view in views.items():
        np.testing.assert_array_equal(stack[name], [view, 2 * view])


def test_biases_come_first_and_the_table_last():
    views = LAYOUT.views(np.arange(LAYOUT.size))
    for name, view in views.items():
        assert (view < LAYOUT.n_biases).all() == (name[0] in "bc")
        assert (view >= LAYOUT.n_dense).all() == (name[0] == "U")


def test_some_rows_of_the_table():
    vector = np.arange(float(LAYOUT.size))
    rows = Rows(np.array([4, 1]), LAYOUT.n_dense, LAYOUT.table_width)
    taken = rows.take(vector)
    views = LAYOUT.views(vector)
    np.testing.assert_array_equal(
        taken, np.hstack([views["U", 0, 0], views["U", 0, 1]])[[4, 1]]
    )
    shortened = np.concatenate([np.ones(LAYOUT.n_dense), np.full(10, 2.0)])
    short_views = LAYOUT.views(shortened)
    assert short_views["U", 0, 0].shape == (2, 3)
    before = vector.copy()
    rows.add(vector, shortened)
    rows.put(vector, rows.take(vector) + 10)
    added = LAYOUT.views(vector - before)
    np.testing.assert_array_equal(added["V"], 1)
    np.testing.assert_array_equal(added["c"], 1)
    for direction in (0, 1):
        np.testing.assert_array_equal(added["U", 0, direction][[4, 1]], 12)
        np.testing.assert_array_equal(added["U", 0, direction][[0, 2, 3]], 0)


def test_of_a_network():
    net = architecture(
        n_features=7,
        hidden_size=4,
        n_outputs=5,
        n_layers=2,
        bidirectional=True,
        n_tokens=11,
        embedding_size=6,
    )
    layout = net.layout()
    shapes = layout.shapes
    assert shapes["E"] == (11, 6)
    assert layout.size - layout.n_dense == 11 * 6
    assert shapes["V"] == (8, 5)
    assert shapes["c"] == (5,)
    for direction in (0, 1):
        assert shapes["U", 0, direction] == (6, 4)
        assert shapes["U", 1, direction] == (8, 4)
        for layer in (0, 1):
            assert shapes["W", layer, direction] == (4, 4)
            assert shapes["b", layer, direction] == (4,)
    assert len(shapes) == 3 + 3 * 4


def test_without_an_embedding_the_table_is_the_first_u():
    for n_tokens, n_rows in ((None, 7), (11, 11)):
        layout = architecture(
            n_features=7, n_layers=2, bidirectional=True, n_tokens=n_tokens
        ).layout()
        assert layout.shapes["U", 0, 0] == layout.shapes["U", 0, 1] == (n_rows, 3)
        assert layout.table_width == 6
        assert layout.size - layout.n_dense == n_rows * 6
