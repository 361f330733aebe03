"""A batch, piece by piece: loss and gradient of each."""

from .batches import gather_rows


def gradients(network, data, members, *, total=None, rng=None):
    """Work through a batch, piece by piece, with a loss and a gradient for each.

    Parameters
    ----------
    network : Network
    data : Dataset
    members : ndarray of shape (n,)
        The sequences of the batch, by falling length.
    total : float, default=None
        What the sum of the losses is divided by; the piece's own weight if None.
    rng : numpy.random.Generator, default=None
        Draws what dropout drops. None: nothing is dropped.

    Yields
    ------
    loss : float
        Of the piece; its gradient is in ``network.grad``.
    weight : float
        Sum of the weights of the piece.
    """
    X = data.X.subset(members)
    truncation_length = network.architecture.truncation_length
    state = None
    if truncation_length is not None and network.architecture.can_walk:
        state = network.zero_state(len(members))
    for piece, is_read in network.plan(X.starts, X.lengths, truncation_length):
        if not is_read:
            x = gather_rows(X, piece, network.workspace)
            network.states(x, piece, state, rng)
            continue
        batch = data.gather(members, piece, network.workspace)
        loss = network.loss_and_gradient(
            batch.x,
            piece,
            batch.y,
            batch.weights,
            total or batch.total or 1.0,
            state,
            rng,
        )
        if batch.total > 0:
            yield loss, batch.total
