"""What the package costs beside time: import, size, one prediction, memory.

PyTorch stands beside it where it is installed.
"""

import argparse
import resource
import subprocess
import sys
import tracemalloc
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from time import perf_counter

from cases import N_BATCHES, Case

ROOT = Path(__file__).resolve().parents[1]
MB = 1e6
# What ru_maxrss counts in: bytes on macOS, kilobytes elsewhere.
RSS_UNIT = 1 if sys.platform == "darwin" else 1024
LATENCY_SHAPE = [50, 32, 8, 64]
N_PREDICTIONS = 500

IMPORT = """
from time import perf_counter
{before}
begin = perf_counter()
import {package}
print(perf_counter() - begin)
"""


def import_seconds(package, before, n_runs):
    """Median time of an import in a new process, after `before`."""
    code = IMPORT.format(package=package, before=before)
    return median(float(run_python("-c", code)) for _ in range(n_runs))


def run_python(*arguments):
    """What a new process prints."""
    return subprocess.run(
        [sys.executable, *arguments], check=True, capture_output=True, text=True
    ).stdout


def installed_size(package):
    """Bytes of the files of a package, without what Python compiles."""
    (folder,) = find_spec(package).submodule_search_locations
    return sum(
        path.stat().st_size
        for path in Path(folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    )


def latency(peer, case):
    """Median seconds of predicting one sequence."""
    model = peer(case, 1)
    X, y = case.draw()
    model.fit_epochs(X, y, 1)
    seconds = []
    for _ in range(N_PREDICTIONS):
        begin = perf_counter()
        model.predict_one(X[0])
        seconds.append(perf_counter() - begin)
    return median(seconds)


def peak_of_a_fit(peer, case):
    """Bytes that a fit adds to the peak of this process, beyond its input."""
    model = peer(case, 1)
    # A small fit brings in whatever is loaded late.
    model.fit_epochs(*Case(2, case.batch_size, case.n_features, 2).draw(), 1)
    data = case.draw()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    model.fit_epochs(*data, 1)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return (after - before) * RSS_UNIT


def traced_peak_of_a_fit(peer, case):
    """Bytes that Python's allocators, NumPy's among them, add in a fit."""
    data = case.draw()
    tracemalloc.start()
    peer(case, 1).fit_epochs(*data, 1)
    return tracemalloc.get_traced_memory()[1]


PARTS = {
    "latency": latency,
    "peak": peak_of_a_fit,
    "traced": traced_peak_of_a_fit,
}


def print_part(part, library, shape):
    """Measure in this process, which does nothing else."""
    if library == "skrnn":
        from peers.ours import Ours as peer
    else:
        from peers.pytorch import Padded as peer
    print(PARTS[part](peer, Case(*map(int, shape))))


def measure(part, library, shape):
    """Measure in a new process.

    This one stays small, for on Linux a process begins with the peak of its parent.
    """
    return float(run_python(__file__, "--part", part, library, *map(str, shape)))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="import only three times")
    parser.add_argument(
        "--shape",
        type=int,
        nargs=4,
        default=[100, 128, 32, 128],
        metavar=("T", "B", "D", "H"),
        help="steps, batch, features and units of the fit whose memory is measured",
    )
    parser.add_argument("--part", nargs=6, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.part:
        part, library, *shape = arguments.part
        print_part(part, library, shape)
    else:
        report(arguments.shape, 3 if arguments.quick else 11)


def report(shape, n_imports):
    """Print all figures."""
    libraries = {"skrnn": "import sklearn.base", "torch": ""}
    if find_spec("torch") is None:
        del libraries["torch"]
        print("PyTorch is absent.")
    for wheel in (ROOT / "dist").glob("*.whl"):
        print(f"{wheel.name}: {wheel.stat().st_size / MB:.2f} MB")
    case = Case(*shape)
    n_bytes = sum(x.nbytes for x in case.draw()[0])
    print(f"One prediction: {Case(*LATENCY_SHAPE)} (T, B, D, H). A fit: {case},")
    print(f"{N_BATCHES} batches; its peak is beyond {n_bytes / MB:.1f} MB of input.")
    for library, before in libraries.items():
        seconds = import_seconds(library, before, n_imports)
        print(library)
        print(f"  import: {seconds:.3f} s {before and f'after {before}'}")
        print(f"  installed: {installed_size(library) / MB:.2f} MB")
        seconds = measure("latency", library, LATENCY_SHAPE)
        print(f"  one prediction: {seconds * 1e6:.0f} us")
        print(f"  peak of a fit: {measure('peak', library, shape) / MB:.1f} MB")
    traced = measure("traced", "skrnn", shape)
    print(f"skrnn, of that peak allocated by NumPy: {traced / MB:.1f} MB")


if __name__ == "__main__":
    main()
