"""`make bench`: every benchmark, one after the other."""

from tests.benchmarks import bench_posting

bench_posting.main()
