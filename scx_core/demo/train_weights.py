"""Train the weights that ship with the code: ``make demo-weights``, minutes on two cores."""

import tempfile
from pathlib import Path

from scx_core.commands.screen import progress_bar, show
from scx_core.demo.building import build, ship


def main() -> None:
    """Train on the demonstration of seed 0 and replace the shipped weights."""
    with tempfile.TemporaryDirectory() as folder:
        with progress_bar() as progress:
            dataset, ensemble = build(Path(folder), train=True, progress=progress)
        ship(dataset, ensemble)
        median = ensemble.metrics["pearson"].median()
    show(
        f"Shipped: median Pearson out of fold {median:.3f} over {len(ensemble.populations)} populations."
    )


if __name__ == "__main__":
    main()
