"""The one opener of HDF5 files that a user gives: everything that is read lies in the file itself.

An HDF5 file can name other files of the server: external links, datasets in external storage and
virtual datasets are read from there without a word. It can also claim sizes that it does not have,
for which a reader would take all memory. Both are refused, by name, before a value is read.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import h5py
from h5py import h5d, h5o, h5z

from scx_core.errors import ScxError, join_some, reason_of

#: A dataset that claims less is read whatever its stored size: constant columns pack to nothing.
_SMALL: Final = 64_000_000
#: Claimed bytes for each stored one, at most: gzip's largest ratio is 1,032.
LARGEST_RATIO: Final = 1_100
#: Groups and datasets of a file, at most; an atlas with all its layers has some hundreds.
_MOST_OBJECTS: Final = 100_000
#: Filters by their registered number (https://github.com/HDFGroup/hdf5_plugins), those in use here.
_FILTERS: Final = {
    4: "szip", 305: "LZO", 307: "bzip2", 32001: "Blosc", 32004: "LZ4", 32008: "bitshuffle",
    32013: "ZFP", 32015: "zstd", 32026: "Blosc2",
}  # fmt: skip
_MEND: Final = "write it again as one file (h5py, anndata, or h5repack)"
#: What h5py raises for a file that it cannot make sense of.
_DAMAGE: Final = (OSError, KeyError, RuntimeError, ValueError, TypeError, OverflowError)


@contextmanager
def open_hdf5(path: Path) -> Iterator[h5py.File]:
    """Open an HDF5 file for reading, with one sentence for what can be wrong with it.

    Parameters
    ----------
    path : Path

    Raises
    ------
    ScxError
        If it is no HDF5 file, is damaged, uses a filter that is not installed, or refers to other
        files (external links, external storage, virtual datasets), to nothing, or to itself.
    """
    if not h5py.is_hdf5(path):
        raise ScxError(
            f"{path.name} is not an HDF5 file, as .h5ad and .h5 files are; check that it was "
            "copied completely and is no other format renamed."
        )
    missing: list[str] = []
    try:
        with h5py.File(path, "r") as file:
            missing = _Contents(file, path).check()
            yield file
    except ScxError:
        raise
    except _DAMAGE as error:
        if not raised_by_hdf5(error):
            raise  # a fault of the program must not be told as damage of the file
        if missing and isinstance(error, OSError):
            raise ScxError(
                f"{path.name} is compressed with {join_some(missing)}, which this installation of HDF5 "
                "cannot unpack; install the filter (pip install hdf5plugin, and import it) or write "
                "the file again with gzip."
            ) from error
        raise ScxError(
            f"{path.name} is a truncated or damaged HDF5 file ({reason_of(error)}); copy it again."
        ) from error


def raised_by_hdf5(error: BaseException) -> bool:
    """Whether an error comes out of h5py, that is out of the file, and not out of our own code."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    name = "" if trace is None else str(trace.tb_frame.f_globals.get("__name__", ""))
    return name.partition(".")[0] == "h5py"


def refuse_claims(item: Any, path: Path) -> None:
    """Refuse datasets that claim far more bytes than the file has for them.

    Parameters
    ----------
    item : h5py.Dataset or h5py.Group
        What is about to be read; of a group, all that lies in it.
    path : Path
        The file, for the message.

    Raises
    ------
    ScxError
        If a dataset claims over 64 MB and over 1,100 times what is stored of it.
    """
    if isinstance(item, h5py.Dataset):
        _refuse_claim(item, path)
    elif isinstance(item, h5py.Group):
        item.visititems(lambda _, part: refuse_claims(part, path) if _is_dataset(part) else None)


def refuse_elsewhere(dataset: h5py.Dataset, path: Path, name: str = "") -> None:
    """Refuse a dataset whose values lie in another file.

    `open_hdf5` has looked at every dataset that has a name; one that is found by a reference may
    have none.
    """
    plist = dataset.id.get_create_plist()
    where = name or dataset.name or "a dataset"
    if plist.get_external_count():
        raise _refusal(path, where, "has its values in another file (external storage)")
    if plist.get_layout() == h5d.VIRTUAL:
        raise _refusal(path, where, "is put together from other files (a virtual dataset)")


def _is_dataset(item: object) -> bool:
    return isinstance(item, h5py.Dataset)


def _refuse_claim(dataset: h5py.Dataset, path: Path) -> None:
    claimed = int(dataset.size or 0) * dataset.dtype.itemsize
    stored = min(dataset.id.get_storage_size(), path.stat().st_size)
    plist = dataset.id.get_create_plist()
    packed = plist.get_layout() == h5d.CHUNKED and plist.get_nfilters() > 0
    if claimed > max(_SMALL, stored * (LARGEST_RATIO if packed else 1)):
        raise ScxError(
            f"{path.name}: {str(dataset.name).strip('/')!r} claims {claimed / 1e6:,.0f} MB, but the file "
            f"stores {stored / 1e6:,.1f} MB of it, so the file is damaged; copy it again."
        )


def _refusal(path: Path, name: str, problem: str) -> ScxError:
    shown = name.strip("/")[:80]
    return ScxError(f"{path.name}: {shown!r} {problem}; only whole files are read: {_MEND}.")


class _Contents:
    """All groups and datasets of a file, each looked at once, without a value being read."""

    def __init__(self, file: h5py.File, path: Path) -> None:
        self.file = file
        self.path = path
        self.seen: dict[int, str] = {}
        #: By the address of a group, those of the groups that lie in it.
        self.inside: dict[int, list[int]] = {}
        self.soft: list[tuple[int, str]] = []
        self.missing: set[str] = set()

    def check(self) -> list[str]:
        """Refuse what the module's text says; give the names of filters that are not installed."""
        waiting: list[tuple[h5py.Group, str]] = [(self.file, "/")]
        self.seen[_address(self.file)] = "/"
        while waiting:
            group, place = waiting.pop()
            waiting += self._look_into(group, place)
            if len(self.seen) > _MOST_OBJECTS:
                raise ScxError(
                    f"{self.path.name} holds more than {_MOST_OBJECTS:,} groups and datasets, so it is "
                    "no file of expression or weights; check it."
                )
        # Only now: a soft link may lead through an external one.
        for address, name in self.soft:
            self._follow(address, name)
        self._refuse_cycles()
        return sorted(self.missing)

    def _look_into(self, group: h5py.Group, place: str) -> list[tuple[h5py.Group, str]]:
        """Look at the members of a group; give its groups that were not looked at before."""
        address, new = _address(group), []
        for key in group:
            name = f"{place.rstrip('/')}/{key}"
            link = self._link(group, key, name)
            if isinstance(link, h5py.SoftLink):
                self.soft.append((address, name))
                continue
            member = group[key]
            if isinstance(member, h5py.Datatype):
                continue
            at = _address(member)
            if isinstance(member, h5py.Group):
                self.inside.setdefault(address, []).append(at)
            if at in self.seen:
                continue
            self.seen[at] = name
            if isinstance(member, h5py.Group):
                new.append((member, name))
            else:
                self._look_at(member, name)
        return new

    def _link(self, group: h5py.Group, key: str, name: str) -> object:
        try:
            link = group.get(key, getlink=True)
        except TypeError as error:
            raise _refusal(self.path, name, "is a link of an unknown kind") from error
        if isinstance(link, h5py.ExternalLink):
            raise _refusal(self.path, name, "is a link to another file")
        return link

    def _look_at(self, dataset: h5py.Dataset, name: str) -> None:
        refuse_elsewhere(dataset, self.path, name)
        plist = dataset.id.get_create_plist()
        for place in range(plist.get_nfilters()):
            code, _, _, label = plist.get_filter(place)
            if not h5z.filter_avail(code):
                told = label.decode("utf-8", "replace").strip("\0 ") if label else ""
                self.missing.add(_FILTERS.get(code, told[:40] or f"the HDF5 filter {code}"))

    def _follow(self, address: int, name: str) -> None:
        try:
            target = self.file[name]
        except (KeyError, RuntimeError, OSError) as error:
            raise _refusal(self.path, name, "is a link that leads nowhere") from error
        if isinstance(target, h5py.Group):
            self.inside.setdefault(address, []).append(_address(target))

    def _refuse_cycles(self) -> None:
        """Refuse a group that lies in itself: what walks through it would never come back."""
        done: set[int] = set()
        for start in self.inside:
            path, steps = [start], [iter(self.inside.get(start, ()))]
            on_path = {start}
            while path:
                following = next((at for at in steps[-1] if at not in done), None)
                if following is None:
                    steps.pop()
                    done.add(path[-1])
                    on_path.discard(path.pop())
                    continue
                if following in on_path:
                    name = self.seen.get(following, "/")
                    raise _refusal(self.path, name or "/", "lies in itself (a cycle of links)")
                path.append(following)
                on_path.add(following)
                steps.append(iter(self.inside.get(following, ())))


def _address(item: h5py.Group | h5py.Dataset) -> int:
    return int(h5o.get_info(item.id).addr)
