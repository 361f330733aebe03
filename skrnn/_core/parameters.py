"""One flat vector, and the names by which its parts are known."""

from math import prod


class ParameterLayout:
    """Where every parameter lies in a flat vector, the weights before the biases.

    Keeping the weights in front makes the L2 penalty, which never touches a bias,
    one operation on the slice ``vector[:n_weights]``.

    Parameters
    ----------
    weights, biases : dict of name to shape
        Names are unique over both. They are ``("U", layer, direction)`` and the
        like for what belongs to one recurrence, and plain letters (``"V"``,
        ``"c"``, ``"E"``) for what the network has once.

    Attributes
    ----------
    size : int
        Length of the vector.
    n_weights : int
        Length of its front part, the weights.
    """

    def __init__(self, weights, biases):
        self.shapes = {**weights, **biases}
        self.n_weights = sum(prod(shape) for shape in weights.values())
        self.size = sum(prod(shape) for shape in self.shapes.values())

    def views(self, vector):
        """Name every part of `vector` (size,): a dict of views into it."""
        views, start = {}, 0
        for name, shape in self.shapes.items():
            stop = start + prod(shape)
            views[name] = vector[start:stop].reshape(shape)
            start = stop
        return views
