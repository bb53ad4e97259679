"""Errors that a person can mend, and parts of their sentences."""


class ScxError(ValueError):
    """A problem with what the user gave; the message is one sentence: what, where, what to do."""


def join_some(names: object, limit: int = 5) -> str:
    """List the first names for a message: ``a, b, c … (12 in all)``.

    Parameters
    ----------
    names : iterable of object
        What to list; each is shown with ``str``.
    limit : int
        How many to show at most.
    """
    shown = [str(name) for name in names]  # type: ignore[attr-defined]
    if len(shown) <= limit:
        return ", ".join(shown)
    return f"{', '.join(shown[:limit])} … ({len(shown):,} in all)"


def counted(number: int, one: str, many: str = "") -> str:
    """Say how many: ``1 gene``, ``2,000 genes``.

    Parameters
    ----------
    number : int
    one : str
        What follows a 1; it may hold the verb (``"gene is"``).
    many : str
        What follows any other number; by default `one` with an s.
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def reason_of(error: BaseException) -> str:
    """Give the first line of what an error of a library says, for a sentence of ours."""
    told = [line.strip() for line in str(error).splitlines() if line.strip()]
    return told[0].strip("'\"")[:300] if told else type(error).__name__
