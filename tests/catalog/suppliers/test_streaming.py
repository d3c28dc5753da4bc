"""A feed's size is no matter: reading ten times the rows takes no more memory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
_READ = """
import io, pathlib, re
from catalog.suppliers import YmlFile, chunks
from tests.catalog.builders import a_file, an_offer

class Long(io.RawIOBase):
    def __init__(self, rows):
        head, tail = a_file("@").split(b"@")
        offers = (an_offer(f"A{at}", description="word " * 100).encode() for at in range(rows))
        self.parts = (part for whole in ([head], offers, [tail]) for part in whole)
        self.left = b""
    def read(self, size=-1):
        while len(self.left) < size and (part := next(self.parts, None)) is not None:
            self.left += part
        chunk, self.left = self.left[:size], self.left[size:]
        return chunk

for rows in (5_000, 50_000):
    assert sum(len(chunk) for chunk in chunks(YmlFile(Long(rows)))) == rows
    # not getrusage: it counts the peak of the process that forked us, too
    status = pathlib.Path("/proc/self/status").read_text()
    print(int(re.search(r"VmHWM:\\s+(\\d+)", status)[1]) // 1024)
"""


def test_ten_times_the_rows_need_no_more_memory() -> None:
    done = subprocess.run([sys.executable, "-c", _READ], cwd=ROOT, capture_output=True, text=True, check=True)

    few_mb, many_mb = map(int, done.stdout.split())
    assert many_mb - few_mb < 20
    assert many_mb < 200
