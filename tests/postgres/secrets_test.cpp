// No byte of a password appears in any text, however its connection string is corrupted.

#include <functional>
#include <iostream>
#include <random>

#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_test_macros.hpp>

#include "postgres/fake_names.hpp"
#include "postgres/session_fixture.hpp"
#include "roomstore/error.hpp"
#include "roomstore/postgres/postgres_store.hpp"
#include "support/run.hpp"

namespace roomstore::test {

namespace {

using Random = std::mt19937_64;

/// Characters of passwords. No other text of these tests contains them or their percent-encoding.
const std::vector<std::string> marks{"~", "^", "`", "|", "\u0436", "\u2603"};
/// Characters with a special meaning in connection strings.
const std::string signs = "/%@ '\"\\:=?#&,;[]";

std::size_t below(Random& random, std::size_t end) {
    return std::uniform_int_distribution<std::size_t>(0, end - 1)(random);
}

std::string percent_encoded(const std::string& text) {
    static constexpr char digits[] = "0123456789ABCDEF";
    std::string encoded;
    for (const unsigned char c : text) {
        encoded += '%';
        encoded += digits[c / 16];
        encoded += digits[c % 16];
    }
    return encoded;
}

std::string quoted(const std::string& text) {
    std::string out = "'";
    for (const char c : text) {
        if (c == '\'' || c == '\\') out += '\\';
        out += c;
    }
    return out += '\'';
}

std::string random_secret(Random& random) {
    std::string secret;
    for (std::size_t left = 1 + below(random, 12); left > 0; --left) {
        if (below(random, 3) == 0) {
            secret += signs[below(random, signs.size())];
        } else {
            secret += marks[below(random, marks.size())];
        }
    }
    return secret;
}

/// The server in the connection strings: it listens on this port of 127.0.0.1 and on a socket in
/// this folder, and has a role `alice` with a password.
struct Server {
    std::string folder;
    std::string port;
};

std::string random_string(Random& random, const Server& server, const std::string& secret) {
    const auto password = below(random, 2) == 0 ? secret : percent_encoded(secret);
    switch (below(random, 6)) {
        case 0:
            return "postgres://alice:" + password + "@127.0.0.1:" + server.port + "/postgres";
        case 1:
            return "postgresql://alice@127.0.0.1:" + server.port +
                   "/postgres?password=" + password + "&application_name=mine";
        case 2:
            return "postgresql://alice:" + password + "@127.0.0.1:1,127.0.0.1:" + server.port +
                   "/postgres?target_session_attrs=read-write";
        case 3:
            return "host=" + server.folder + " port=" + server.port +
                   " user=alice password=" + secret + " dbname=postgres";
        case 4:
            return "host=127.0.0.1 port=" + server.port + " password=" + quoted(secret) +
                   " user=alice dbname='postgres' sslrootcert='/none'";
        default:
            return "password=" + quoted(secret) + " host=127.0.0.1,127.0.0.1 port=1," +
                   server.port + " user='alice' options='-c jit=off' dbname=postgres";
    }
}

void corrupt(Random& random, std::string& text) {
    for (std::size_t left = below(random, 4); left > 0 && !text.empty(); --left) {
        const auto at = below(random, text.size());
        switch (below(random, 6)) {
            case 0:
                text.erase(at, 1);
                break;
            case 1:
                text.insert(at, 1, signs[below(random, signs.size())]);
                break;
            case 2:
                text[at] = signs[below(random, signs.size())];
                break;
            case 3:
                std::swap(text[at], text[below(random, text.size())]);
                break;
            case 4:
                text.erase(at, below(random, 8));
                break;
            default:
                // Removes one special character.
                if (const auto sign = text.find_first_of(signs, at); sign != text.npos) {
                    text.erase(sign, 1);
                }
                break;
        }
    }
}

bool shows_secret(const std::string& text) {
    for (const auto& mark : marks) {
        if (text.find(mark) != text.npos || text.find(percent_encoded(mark)) != text.npos) {
            return true;
        }
        // The first byte of a multibyte character counts too.
        if (mark.size() > 1 && text.find(mark[0]) != text.npos) return true;
    }
    return false;
}

PrivateCluster& guarded_server() {
    PrivateCluster::require();
    static PrivateCluster* const only = [] {
        static PrivateCluster cluster({.tcp = true});
        cluster.admin().query("CREATE ROLE alice LOGIN PASSWORD 'right'");
        cluster.set_hba(
            "local all alice scram-sha-256\nhost all all 127.0.0.1/32 scram-sha-256\n"
            "local all all trust");
        return &cluster;
    }();
    return *only;
}

/// All texts that result from making and using sessions with this connection string.
std::string texts_of(const std::string& connection_string) {
    PostgresOptions options;
    options.connection_string = connection_string;
    options.connect_timeout = 500ms;
    std::string texts;
    try {
        validate(options);
        const auto factory = make_session_factory(options);
        texts += factory->where() + '\n';
        const auto session = factory->make();
        for (int i = 0; i < 2; ++i) {
            try {
                session->connect(Session::Clock::now() + 1s);
                session->exec({"nonsense", "SELECT nonsense"}, Params());
            } catch (const Failure& failure) {
                texts += failure.text + '\n';
            }
        }
        texts += factory->where() + '\n';
    } catch (const Error& error) {
        texts += error.what();
    }
    return texts;
}

}  // namespace

TEST_CASE("the password of a connection string that libpq cannot parse is not shown") {
    const FakeNames nobody{};
    for (const char* text : {"postgres://user:~^`@[::1/db",
                             "postgres://user:~^%zz@h/db",
                             "postgres://user:~^/`|@127.0.0.1/db",
                             "postgres://user:1/~^@127.0.0.1:1/db",
                             "postgres://user:~@^`@127.0.0.1:1/db",
                             "postgres://user~^@127.0.0.1:1/db",
                             "postgres://user:~^127.0.0.1:1/db",
                             "postgres://user~^127.0.0.1/db",
                             "host=127.0.0.1 port=1 password=my ~^ pw",
                             "host=127.0.0.1 port=1 password=my ~^=pw",
                             "host=127.0.0.1 port=1 password='~^' '`|'",
                             "host=127.0.0.1 port=1 user=upassword=~^",
                             "host=127.0.0.1 port=~^",
                             "host=127.0.0.1 connect_timeout=~^",
                             "host=127.0.0.1 sslmode=~^",
                             "host=/tmp/~^",
                             "hostaddr=~^",
                             "service=~^",
                             "host=127.0.0.1 port=1 target_session_attrs=~^",
                             "host=~^",
                             "~^"}) {
        CAPTURE(text);
        const auto texts = texts_of(text);
        CAPTURE(texts);
        CHECK_FALSE(texts.empty());
        CHECK_FALSE(shows_secret(texts));
    }
}

TEST_CASE("an address that is part of a password, or derived from it, is not shown") {
    for (const char* text : {"postgres://user:p@127.0.0.9:1/x@127.0.0.1/db",
                             "postgres://user:p@2130706441:1/x@127.0.0.1/db"}) {
        CAPTURE(text);
        const auto texts = texts_of(text);
        CAPTURE(texts);
        CHECK(texts.find("server 1 of the connection string") != texts.npos);
        CHECK(texts.find("127.0.0.9") == texts.npos);
    }
}

TEST_CASE("a server's message about a misplaced password is not quoted") {
    auto& cluster = guarded_server();
    const auto folder = cluster.folder().string();
    const auto port = std::to_string(cluster.port());
    for (const auto& text : {
             "host=" + folder + " port=" + port + " dbname=~^ user=postgres",
             "host=" + folder + " port=" + port + " dbname=postgres user=~^",
             "host=127.0.0.1 port=" + port + " dbname=postgres user=~^ password=x",
             "host=" + folder + " port=" + port + " dbname=postgres user=postgres options=-c~^=1",
             "host=127.0.0.1 port=" + port + " sslmode=verify-ca sslrootcert=/~^ user=alice",
             "host=127.0.0.1 port=" + port + " user=alice password=x passfile=/~^",
             "host=" + folder + "~^ port=" + port + " user=postgres",
         }) {
        CAPTURE(text);
        const auto texts = texts_of(text);
        CAPTURE(texts);
        CHECK_FALSE(texts.empty());
        CHECK_FALSE(shows_secret(texts));
        auto options = options_for(text);
        options.deadline = 200ms;
        options.connections = 1;
        PostgresStore store(options);
        try {
            run(store.init());
            FAIL("init() succeeded");
        } catch (const Error& error) {
            CHECK_FALSE(shows_secret(error.what()));
        }
    }
}

TEST_CASE("no text shows a byte of the password of a corrupted connection string") {
    const FakeNames nobody{};
    const Server server{.folder = guarded_server().folder().string(),
                        .port = std::to_string(guarded_server().port())};
    const auto seed = Catch::getSeed();
    std::cout << "corrupted connection strings: seed " << seed << " (--rng-seed)\n";
    Random random(seed);
    int refused = 0;
    int tried = 0;
    for (int i = 0; i < 3000; ++i) {
        const auto secret = random_secret(random);
        auto text = random_string(random, server, secret);
        corrupt(random, text);
        const auto texts = texts_of(text);
        ++(texts.starts_with("PostgresOptions") ? refused : tried);
        if (!shows_secret(texts)) continue;
        CAPTURE(seed, i, secret, text, texts);
        FAIL_CHECK("a text shows the secret");
    }
    // Both kinds of strings were generated often enough.
    CHECK(refused >= 100);
    CHECK(tried >= 100);
}

}  // namespace roomstore::test
