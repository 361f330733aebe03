import numpy as np

from skrnn._core.parameters import ParameterLayout

from ..problems import architecture

LAYOUT = ParameterLayout(
    {("U", 0, 0): (2, 3), ("W", 0, 0): (3, 3), "V": (3, 1)},
    {("b", 0, 0): (3,), "c": (1,)},
)


def test_sizes():
    assert LAYOUT.n_weights == 6 + 9 + 3
    assert LAYOUT.size == LAYOUT.n_weights + 3 + 1


def test_views_cover_the_vector_once():
    vector = np.zeros(LAYOUT.size)
    for view in LAYOUT.views(vector).values():
        assert np.shares_memory(view, vector)
        view += 1
    np.testing.assert_array_equal(vector, 1)


def test_views_have_their_shapes():
    views = LAYOUT.views(np.arange(LAYOUT.size))
    assert {name: view.shape for name, view in views.items()} == LAYOUT.shapes


def test_weights_come_first():
    views = LAYOUT.views(np.arange(LAYOUT.size))
    for name, view in views.items():
        is_weight = view < LAYOUT.n_weights
        assert is_weight.all() if name[0] in "UWV" else not is_weight.any()


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
    shapes = net.layout().shapes
    assert shapes["E"] == (11, 6)
    assert shapes["V"] == (8, 5)
    assert shapes["c"] == (5,)
    for direction in (0, 1):
        assert shapes["U", 0, direction] == (6, 4)
        assert shapes["U", 1, direction] == (8, 4)
        for layer in (0, 1):
            assert shapes["W", layer, direction] == (4, 4)
            assert shapes["b", layer, direction] == (4,)
    assert len(shapes) == 3 + 3 * 4
