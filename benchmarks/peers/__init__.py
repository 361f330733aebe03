"""The same training by several libraries, each behind the interface of `Peer`."""

from importlib import import_module
from importlib.util import find_spec

LIBRARIES = {
    "pytorch": ["torch"],
    "jax_scan": ["jax", "optax"],
    "skorch_net": ["torch", "skorch"],
    "keras_rnn": ["keras"],
}


def import_peers():
    """The classes of the peers whose libraries are installed."""
    return [
        peer
        for module, libraries in LIBRARIES.items()
        if not set(libraries) & set(absent())
        for peer in import_module(f".{module}", __name__).PEERS
    ]


def absent():
    """Names of the libraries that are not installed."""
    names = sorted(set().union(*LIBRARIES.values()))
    return [name for name in names if find_spec(name) is None]
