"""Import of the whole worm: time and peak memory, beside merely unpacking its genome."""

import gzip
import tempfile
from time import perf_counter

from benchmarks.measure import REAL, run_python


def main() -> None:
    worm = REAL / "worm"
    if not worm.is_dir():
        print("import_worm: skipped, the real inputs are not beside the checkout")
        return
    started = perf_counter()
    with gzip.open(worm / "ce10.fa.gz") as file:
        while file.read(1 << 24):
            pass
    baseline = perf_counter() - started
    with tempfile.TemporaryDirectory() as folder:
        measured = run_python(
            [
                "-m", "scx_core", "--workspace", folder, "import", "worm",
                "--genome", str(worm / "ce10.fa.gz"),
                "--annotation", str(worm / "WS220.tss.tsv.gz"),
                "--expression", str(worm / "cengen.tpm.tsv.gz"),
                "--metadata", str(worm / "cengen.n_cells.tsv"),
                "--normalize", "none",
            ]
        )  # fmt: skip
    print(measured.output.strip())
    print(
        f"import_worm: {measured.seconds:.1f} s (bar 120 s), peak {measured.peak / 1e9:.2f} GB (bar "
        f"2 GB); {measured.seconds / baseline:.1f} x unpacking the genome ({baseline:.2f} s)"
    )


if __name__ == "__main__":
    main()
