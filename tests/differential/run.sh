#!/usr/bin/env bash
# Compares both backends with the reference, with any number of sequences:
#
#   tests/differential/run.sh                                            10 000 sequences, with a new seed
#   tests/differential/run.sh --sequences 200000 --seed 1 [--length 40]
#
# The same seed gives the same sequences. A failing one is shrunk and printed as a contract test.
set -euo pipefail
cd "$(dirname "$0")/../.."
[[ $# -gt 0 ]] || set -- --sequences 10000

cmake/install_dependencies.sh core postgres tests
cmake --preset release -DROOMSTORE_BUILD_TESTS=ON >/dev/null
cmake --build --preset release --target differential_memory differential_postgres
build/release/tests/differential/differential_memory "$@"
build/release/tests/differential/differential_postgres "$@"
