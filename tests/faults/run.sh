#!/usr/bin/env bash
# Runs the chaos test and the simulation for a given time: injects faults and checks the clients' results.
#
#   tests/faults/run.sh [--seconds 300] [--seed 1]
#
# First the chaos test on a real server, then the simulation, each for the given time. The seed is printed; it
# determines the random choices of both, and with them the whole run of the simulation.
set -euo pipefail
cd "$(dirname "$0")/../.."

seconds=300
seed=$((RANDOM * 32768 + RANDOM))
while (($# > 0)); do
    case $1 in
        --seconds) seconds=${2:?seconds} ;;
        --seed) seed=${2:?seed} ;;
        *) echo "unknown option $1" >&2 && exit 2 ;;
    esac
    shift 2
done

cmake/install_dependencies.sh core postgres tests
cmake --preset release -DROOMSTORE_BUILD_TESTS=ON >/dev/null
cmake --build --preset release --target faults_chaos simulation
echo "--seconds $seconds --seed $seed"
build/release/tests/faults/chaos/faults_chaos --seconds "$seconds" --seed "$seed"
build/release/tests/faults/simulation/simulation --runs 0 --seconds "$seconds" --seed "$seed"
