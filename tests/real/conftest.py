from pathlib import Path

import pytest

REAL = Path(__file__).resolve().parents[3] / "shared" / "real"


@pytest.fixture(scope="session")
def real() -> Path:
    """Folder of the real inputs; skips where it is absent."""
    if not REAL.is_dir():
        pytest.skip(f"the real inputs are not there ({REAL.name} beside the checkout)")
    return REAL
