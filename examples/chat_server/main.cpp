// A chat server on the store that the command line names. This is the only file that names the
// types of stores; all others use the ConversationStore interface.

#include <memory>
#include <string>

#include <roomstore/memory/in_memory_store.hpp>
#ifdef ROOMSTORE_WITH_POSTGRES
#include <roomstore/postgres/postgres_store.hpp>
#endif

#include "application.hpp"
#include "options.hpp"

namespace {

std::shared_ptr<roomstore::ConversationStore> make_store(const std::string& address) {
    if (address == "memory") return std::make_shared<roomstore::InMemoryStore>();
#ifdef ROOMSTORE_WITH_POSTGRES
    return std::make_shared<roomstore::PostgresStore>(
        roomstore::PostgresOptions{.connection_string = address});
#else
    throw chat::UsageError("--store: this build knows only 'memory'");
#endif
}

}  // namespace

int main(int argc, char** argv) { return chat::run_application(argc, argv, make_store); }
