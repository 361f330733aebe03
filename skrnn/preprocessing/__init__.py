"""Steps through any transformer, and other houses' data as lists of sequences."""

from ._converters import (
    from_channels_first,
    from_concatenated,
    from_long_frame,
    to_channels_first,
    to_concatenated,
    to_long_frame,
)
from ._steps import StepTransformer
from ._tokens import TokenEncoder

__all__ = [
    "StepTransformer",
    "TokenEncoder",
    "from_channels_first",
    "from_concatenated",
    "from_long_frame",
    "to_channels_first",
    "to_concatenated",
    "to_long_frame",
]
