#!/usr/bin/env bash
# Installs what is missing, builds, and lets two IRC clients hold a conversation on the chat server:
#
#   examples/run.sh                    the conversation, compared with what the store holds; 0 where both agree
#   examples/run.sh --serve [PORT]     serves until Ctrl-C, on port 6667 unless told otherwise
#
# Followed by --store postgresql://... either of them keeps the conversation in that database; it is then
# also seen to survive a restart of the server. Without it everything is in memory. The first build takes
# a few minutes.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() { sed -n '2,9s/^#\( \|$\)//p' "examples/$(basename "$0")"; }

wrong_usage() {
    echo "examples/run.sh: $1" >&2
    usage >&2
    exit 2
}

serve=
port=6667
store=memory
while [[ $# -gt 0 ]]; do
    case $1 in
        --serve)
            serve=yes
            if [[ ${2:-} =~ ^[0-9]+$ ]]; then
                port=$2
                shift
            fi
            ;;
        --store)
            [[ -n ${2:-} ]] || wrong_usage "--store needs a value"
            store=$2
            shift
            ;;
        --help)
            usage
            exit
            ;;
        *) wrong_usage "unknown argument: $1" ;;
    esac
    shift
done

components=(core examples)
build=build/examples
postgres=OFF
if [[ $store != memory ]]; then
    components+=(postgres)
    build=build/examples-postgres
    postgres=ON
fi

cmake/install_dependencies.sh "${components[@]}"
mkdir -p "$build"
# Says something only where it fails or where there is something to build.
cmake --preset release -B "$build" -DROOMSTORE_BUILD_TESTS=OFF -DROOMSTORE_WITH_POSTGRES=$postgres \
    >"$build/configure.log" 2>&1 || { cat "$build/configure.log" && exit 1; }
cmake --build "$build" --target example_chat_server

server=$build/examples/chat_server/chat_server
if [[ -n $serve ]]; then
    exec "$server" --port "$port" --store "$store"
fi
exec python3 -B examples/chat_server/test/scenario.py --server "$server" --store "$store"
