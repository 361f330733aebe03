"""The same training by several libraries, each behind the interface of `Peer`."""

from importlib import import_module
from importlib.util import find_spec

LIBRARIES = {
    "products": [],
    "pytorch": ["torch"],
    "jax_scan": ["jax", "optax"],
    "skorch_net": ["torch", "skorch"],
    "keras_rnn": ["keras"],
}


def present():
    """Names of the modules here whose libraries are installed."""
    return [m for m, libraries in LIBRARIES.items() if not set(libraries) & absent()]


def absent():
    """Names of the libraries that are not installed."""
    return {name for name in set().union(*LIBRARIES.values()) if not find_spec(name)}


def import_peers():
    """The classes of the peers that are there to compare with."""
    return [
        peer
        for module in present()
        for peer in import_module(f".{module}", __name__).PEERS
    ]
