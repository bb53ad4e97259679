"""Attributes of HDF5 objects, whoever wrote them."""

from typing import Any

import numpy as np


def attribute(stored: Any, name: str, default: Any = None) -> Any:
    """Read an attribute; R's packages write a single value as an array of one.

    Parameters
    ----------
    stored : h5py.Group or h5py.Dataset
    name : str
    default : object
        Given where there is no such attribute.

    Returns
    -------
    object
        Text as `str`; an array of one element as that element.
    """
    value = stored.attrs.get(name, default)
    if isinstance(value, np.ndarray) and value.size == 1:
        value = value.ravel()[0]
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def names_attribute(stored: Any, name: str) -> list[str]:
    """Read an attribute that lists names; none where it is empty, which R writes as numbers."""
    value = np.atleast_1d(attribute(stored, name, ()))
    return [
        text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text) for text in value
    ]


def matrix_format(stored: Any) -> str:
    """Say how a matrix is stored: ``"csr_matrix"``, ``"csc_matrix"``, …; ``""`` where nothing does."""
    return str(attribute(stored, "encoding-type", attribute(stored, "h5sparse_format", "")))


def matrix_shape(stored: Any) -> tuple[int, ...]:
    """Read the shape of a sparse matrix; of another length than two where it is not there."""
    shape = attribute(stored, "shape", attribute(stored, "h5sparse_shape", ()))
    return tuple(int(size) for size in np.ravel(shape))
