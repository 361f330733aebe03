"""The network once more, naive: one sequence, one layer, one step after the other.

The letters are the design's. A row is a matrix of one row. A parameter or a row may
also be a stack of variants of itself, which ``@`` carries along: a gradient check
moves each number in a variant of its own.
"""

import numpy as np

SIGMA = {
    "tanh": np.tanh,
    "logistic": lambda a: 1 / (1 + np.exp(-a)),
    "relu": lambda a: np.maximum(a, 0),
    "identity": lambda a: a,
}
OUTPUT = {
    "softmax": lambda a: np.exp(a) / np.exp(a).sum(axis=-1, keepdims=True),
    "logistic": SIGMA["logistic"],
    "identity": lambda a: a,
}
LOSS = {
    "softmax": lambda o, y: -np.log(o[..., y]),
    "logistic": lambda o, y: -(y * np.log(o) + (1 - y) * np.log(1 - o)).sum(axis=-1),
    "identity": lambda o, y: ((o - y) ** 2).sum(axis=-1) / 2,
}


def states(p, x, net, carried, pushed=None):
    """States of one sequence: by layer, by direction, by step in the order of `x`.

    `carried` may hold constants ``(layer, direction, t)``, each to stand for s_{t-1}
    at step t of that direction: no gradient passes there. `pushed` may hold, by the
    same places, what is added to s_t.
    """
    layers = []
    for k in range(net.n_layers):
        layers.append([])
        for d in range(net.n_directions):
            U, W, b = p["U", k, d], p["W", k, d], p["b", k, d]
            own, s = [], np.zeros((1, net.hidden_size))
            for t, x_t in enumerate(x[::-1] if d else x):
                s = carried.get((k, d, t), s)
                s = SIGMA[net.activation](x_t @ U + s @ W + b)  # (1)
                s = s + (pushed or {}).get((k, d, t), 0)
                own.append(s)
            layers[k].append(own[::-1] if d else own)
        x = side_by_side(layers[k])
    return layers


def side_by_side(directions):
    return [np.concatenate(both, axis=-1) for both in zip(*directions)]


def embedded(p, x, net):
    """Tokens as vectors: the sum of their rows of E, or of a one at each."""
    if net.n_tokens is None:
        return x
    E = np.eye(net.n_tokens) if net.embedding_size is None else p["E"]
    return [sum(E[..., [i], :] for i in ids.ravel()) for ids in x]


def outputs(p, x, net, carried, pushed=None):
    """What the head gives for one sequence: a row a step, or one row."""
    x = embedded(p, x, net)
    top = states(p, x, net, carried, pushed)[-1]
    if net.pooling == "last":
        # The second direction ends at the first step.
        z = side_by_side([[own[0] if d else own[-1]] for d, own in enumerate(top)])
    else:
        z = side_by_side(top)
    if net.pooling == "mean":
        z = [sum(z) / len(z)]
    if net.pooling == "max":
        z = [np.maximum.reduce(z)]
    return [OUTPUT[net.head](z_t @ p["V"] + p["c"]) for z_t in z]  # (2)


def loss(p, X, Y, weights, net, carried):
    """Weighted mean of the losses (3): sequences x, their rows of targets, weights."""
    L = 0
    for x, y, w, constants in zip(X, Y, weights, carried):
        for o_t, y_t, w_t in zip(outputs(p, x, net, constants), y, w):
            L = L + w_t * LOSS[net.head](o_t[..., 0, :], y_t)
    return L / sum(w.sum() for w in weights)
