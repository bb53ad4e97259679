"""Run all measurements."""

from benchmarks import import_worm, training_step

for benchmark in (import_worm, training_step):
    benchmark.main()
