"""Syncing a file while it grows: the system tells of a failure only once."""

from __future__ import annotations

import errno

import pytest

from replicatekit._files.write_back import WriteBack


class Disk:
    """A file whose first sync fails."""

    failures = 1
    syncs = 0

    def __init__(self, path):
        self.file = path.open("wb")

    def fileno(self):
        self.syncs += 1
        if self.syncs <= self.failures:
            raise OSError(errno.EIO, "Input/output error")
        return self.file.fileno()

    def close(self):
        self.file.close()


def test_a_failure_while_the_file_grows_is_raised_at_its_end(tmp_path):
    disk = Disk(tmp_path / "a")
    back = WriteBack(disk)
    back.add(100_000_000)
    with pytest.raises(OSError, match="Input/output"):
        back.finish()
    back.close()
    assert disk.file.closed


def test_a_short_file_is_synced_once(tmp_path):
    disk = Disk(tmp_path / "a")
    disk.failures = 0
    back = WriteBack(disk)
    for _ in range(10):
        back.add(1000)
    back.finish()
    back.close()
    assert disk.syncs == 1
