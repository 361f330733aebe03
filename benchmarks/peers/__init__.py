"""The same training by several libraries, each behind the interface of `Peer`."""

from importlib import import_module
from importlib.util import find_spec

LIBRARIES = {
    "pytorch": ["torch"],
    "jax_scan": ["jax", "optax"],
    "skorch_net": ["torch", "skorch"],
    "keras_rnn": ["keras"],
}


def find_peers():
    """Import what is installed.

    Returns
    -------
    peers : list of type
        The peers that can be compared with.
    absent : list of str
        The libraries that are not installed.
    """
    missing = {
        module: [library for library in libraries if find_spec(library) is None]
        for module, libraries in LIBRARIES.items()
    }
    peers = [
        peer
        for module, libraries in missing.items()
        if not libraries
        for peer in import_module(f".{module}", __name__).PEERS
    ]
    return peers, sorted({library for some in missing.values() for library in some})
