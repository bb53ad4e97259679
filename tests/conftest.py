"""What all tests share."""


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name bytes after their argument: a gzip file holds the time, and processes must agree."""
    return argname if isinstance(val, bytes) else None
