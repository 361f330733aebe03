"""Time of a whole fit, ours and that of other libraries, in turn.

All learn the same sequences in the same batches of float32, with as many threads, by
Adam with norm clipping. Every fit of a peer follows one of ours; their ratio counts.
Settings that libraries read as they are loaded hold for a process, so each number of
threads has its own.
"""

import argparse
import os
import platform
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from multiprocessing import get_context
from pathlib import Path
from statistics import geometric_mean, median

from cases import CASES
from peers import absent, import_peers
from peers.products import Alone
from tables import csv_table
from threadpoolctl import threadpool_info

from skrnn._core.blas import has_unpacked_kernel

DOCS = Path(__file__).resolve().parents[1] / "docs"
LIBRARIES = ["numpy", "torch", "jax", "skorch", "keras"]
# NPROC is what XLA sizes its pool by.
THREAD_VARIABLES = [
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NPROC",
]


@dataclass
class Result:
    """A peer beside ours on one case: seconds of its fits, and of ours before each."""

    case: str
    peer: str
    ours: list
    theirs: list
    accuracies: tuple
    compile_seconds: float

    @property
    def ratios(self):
        return [theirs / ours for ours, theirs in zip(self.ours, self.theirs)]


def in_own_process(n_threads, function, *arguments):
    """Call `function` where every library starts with so many threads."""
    os.environ.update(dict.fromkeys(THREAD_VARIABLES, str(n_threads)))
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def measure(names, n_threads, n_runs, is_quick):
    """Results of all peers on the named cases."""
    from peers.ours import Ours

    peers = import_peers()
    results = []
    for name in names:
        case = CASES[name]
        data = case.draw()
        n_epochs = 1 if is_quick else case.n_epochs
        ours = Ours(case, n_threads)
        for peer in peers:
            if peer.takes(case):
                theirs = peer(case, n_threads)
                result = compare(name, ours, theirs, data, n_epochs, n_runs)
                print(line(result), flush=True)
                results.append(result)
    return results


def compare(name, ours, theirs, data, n_epochs, n_runs):
    """Fit in turn, once before the runs that count."""
    for model in (ours, theirs):
        model.fit_epochs(*data, 1)
    runs = [
        [model.fit_epochs(*data, n_epochs, seed) for model in (ours, theirs)]
        for seed in range(n_runs)
    ]
    accuracies = ours.accuracy(*data), theirs.accuracy(*data)
    return Result(name, theirs.name, *zip(*runs), accuracies, theirs.compile_seconds)


def line(result):
    """What a result says, for the screen."""
    ours, theirs = median(result.ours), median(result.theirs)
    compiling = ""
    if result.compile_seconds:
        compiling = f", compiled in {result.compile_seconds:.1f} s"
    return (
        f"  {result.case:8} {result.peer:31} {spread(result.ratios):20} "
        f"{theirs:7.3f} s / {ours:7.3f} s, accuracy {result.accuracies[1]:.2f} and "
        f"{result.accuracies[0]:.2f}{compiling}"
    )


def spread(ratios):
    return f"{median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"


def table(results, n_threads, n_runs):
    """The ratios as a reStructuredText table: a row a case, a column a peer."""
    peers = sorted({result.peer for result in results})
    cells = {(result.case, result.peer): result for result in results}
    rows = []
    for name in dict.fromkeys(result.case for result in results):
        found = [cells.get((name, peer)) for peer in peers]
        ours = median(s for result in found if result for s in result.ours)
        rows.append(
            [name, CASES[name], f"{ours:.3f}"]
            + [spread(result.ratios) if result else "" for result in found]
        )
    for title, names in {
        "geometric mean": set(CASES),
        "of the even cases": {name for name in CASES if not CASES[name].is_ragged},
    }.items():
        means = [mean_ratio(results, peer, names) for peer in peers]
        rows.append([title, "", "", *means])
    return csv_table(
        f"Time of a fit over ours, {count(n_threads, 'thread')}, "
        f"{count(n_runs, 'run')}: median (least to greatest)",
        ["case", "T, B, D, H", "ours, s", *peers],
        rows,
    )


def mean_ratio(results, peer, names):
    """Geometric mean of a peer's ratios on the named cases."""
    ratios = [
        median(result.ratios)
        for result in results
        if result.peer == peer and result.case in names
    ]
    return f"{geometric_mean(ratios):.2f}" if ratios else ""


def most_possible(results, n_threads):
    """A table of the peers' times over our products', all else costing nothing."""
    peers = sorted({result.peer for result in results} - {Alone.name})
    ratios = {(r.case, r.peer): median(r.ratios) for r in results}
    rows = [
        [name]
        + [
            f"{ratios[name, peer] / ratios[name, Alone.name]:.2f}"
            if (name, peer) in ratios
            else ""
            for peer in peers
        ]
        for name in dict.fromkeys(result.case for result in results)
    ]
    title = f"Time of a fit over our products alone, {count(n_threads, 'thread')}"
    return csv_table(title, ["case", *peers], rows)


def count(n, what):
    """A number and what is counted."""
    return f"{n} {what}{'s' * (n != 1)}"


def compile_note(results):
    """What the compilers took, which the times leave out."""
    seconds = {}
    for result in results:
        if result.compile_seconds:
            seconds.setdefault(result.peer, []).append(result.compile_seconds)
    return "".join(
        f"Not counted: {peer} compiled for {min(some):.1f} to {max(some):.1f} s.\n"
        for peer, some in seconds.items()
    )


def setting():
    """What was compared, which libraries were not there, how busy the machine was.

    Where others take the cores, threads wait for one another, and a fit of several of
    them, whosever, may take a hundred times as long.
    """
    versions = []
    for library in LIBRARIES:
        try:
            versions.append(f"{library} {version(library)}")
        except PackageNotFoundError:
            continue
    kernels = {
        f"{library['internal_api']} {library['architecture']}"
        for library in threadpool_info()
        if "architecture" in library
    }
    missing = f" Absent: {', '.join(sorted(absent()))}." if absent() else ""
    return (
        f"{platform.machine()}, {os.cpu_count()} cores, Python "
        f"{platform.python_version()}, {', '.join(versions)}; kernels of our BLAS: "
        f"{', '.join(sorted(kernels))}.{missing} Other "
        f"work on the machine before the start: {os.getloadavg()[0]:.1f} cores.\n"
    )


def default_output():
    """Where the documentation has its tables for such processors."""
    processor = "avx512" if has_unpacked_kernel() else "avx2"
    return DOCS / f"performance_{processor}_table.rst"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--quick", action="store_true", help="one run of one epoch")
    parser.add_argument(
        "--output",
        type=Path,
        nargs="?",
        const=default_output(),
        help="write the tables to this file; by itself, to the documentation's for "
        "processors like this one",
    )
    arguments = parser.parse_args()
    n_runs = 1 if arguments.quick else arguments.runs
    report = [setting()]
    print(report[0])
    for n_threads in arguments.threads:
        print(f"{n_threads} thread(s): time over ours, seconds of both")
        results = in_own_process(
            n_threads, measure, arguments.cases, n_threads, n_runs, arguments.quick
        )
        report += [
            table(results, n_threads, n_runs),
            compile_note(results),
            most_possible(results, n_threads),
        ]
        print("\n" + "\n".join(report[-3:]))
    if arguments.output:
        arguments.output.parent.mkdir(exist_ok=True)
        arguments.output.write_text("\n".join(report))


if __name__ == "__main__":
    main()
