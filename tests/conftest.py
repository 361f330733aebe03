"""Before SciPy is imported: scikit-learn runs its array-API checks only with this."""

import os

os.environ["SCIPY_ARRAY_API"] = "1"
