// The chat server on a store that fails when the text of a message tells it to:
//
//   fail CODE N ...   the first N attempts to append it throw CODE, and store nothing
//   lose N ...        it is stored, but the first N attempts throw commit_unknown
//   hold ...          it is stored, and the call returns only after a later message `release`
//   blind ...         it is stored, and all attempts to read the changes of its room throw
//                     unavailable until a later message `see`
//   vanish ...        it is stored, and deleted as soon as it has been read
//   stall N ...       it is stored; from then on get_participant returns only when the store is
//                     closed, and list_rooms takes N ms
//
// A room whose name begins with `#fail-` cannot be read. In a room whose name begins with `#stay-`,
// participants cannot be updated.

#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <utility>

#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <roomstore/decorators/forwarding_store.hpp>
#include <roomstore/memory/in_memory_store.hpp>

#include "application.hpp"

namespace {

using roomstore::errc;
using roomstore::Error;
using roomstore::RoomEvent;

std::string text_of(const RoomEvent& event) {
    const auto* const text = event.content.get_if<roomstore::TextContent>();
    return text ? text->body : std::string();
}

errc code_named(const std::string& name) {
    if (name == "busy") return errc::busy;
    if (name == "unavailable") return errc::unavailable;
    if (name == "storage_full") return errc::storage_full;
    return errc::internal;
}

class FailingStore : public roomstore::ForwardingStore {
public:
    using ForwardingStore::ForwardingStore;

    asio::awaitable<RoomEvent> add_event_auto_index(std::string room_id, RoomEvent event) override {
        std::istringstream words(text_of(event));
        std::string order;
        std::string code = "commit";
        int count = 0;
        words >> order;
        if (order == "fail") words >> code;
        words >> count;
        const bool fails = attempts_[event.id]++ < count;
        if (order == "fail" && fails) throw Error(code_named(code), "injected by the test");
        // Before the watch can report the room.
        if (order == "blind") blind_.insert(room_id);
        auto stored = co_await ForwardingStore::add_event_auto_index(room_id, std::move(event));
        if (order == "lose" && fails) {
            throw Error(
                errc::commit_unknown, "injected by the test", {}, roomstore::SecondRun::settles);
        }
        if (order == "see") blind_.clear();
        if (order == "hold") {
            held_ = co_await make_timer();
            co_await wait_for_cancel(held_);
        }
        if (order == "release" && held_) held_->cancel();
        if (order == "stall") {
            stalls_ = true;
            listing_ = std::chrono::milliseconds(count);
        }
        co_return stored;
    }

    asio::awaitable<roomstore::RoomChanges> list_changes(std::string room_id,
                                                         roomstore::ChangesQuery query) override {
        if (blind_.contains(room_id)) throw Error(errc::unavailable, "injected by the test");
        auto changes = co_await ForwardingStore::list_changes(room_id, std::move(query));
        for (const auto& event : changes.added) {
            if (text_of(event).starts_with("vanish")) co_await delete_event(room_id, event.id);
        }
        co_return changes;
    }

    asio::awaitable<std::optional<roomstore::Room>> get_room(std::string room_id) override {
        if (room_id.starts_with("#fail-")) throw Error(errc::busy, "injected by the test");
        co_return co_await ForwardingStore::get_room(std::move(room_id));
    }

    asio::awaitable<std::vector<roomstore::Room>> list_rooms(roomstore::Page page) override {
        asio::steady_timer timer(co_await asio::this_coro::executor, listing_);
        co_await timer.async_wait(asio::use_awaitable);
        co_return co_await ForwardingStore::list_rooms(page);
    }

    asio::awaitable<std::optional<roomstore::Participant>> get_participant(
        std::string room_id,
        std::string participant_id) override {
        if (stalls_) {
            ++stalled_calls_;
            if (!stalled_) stalled_ = co_await make_timer();
            co_await wait_for_cancel(stalled_);
            --stalled_calls_;
            throw Error(errc::closed, "injected by the test");
        }
        co_return co_await ForwardingStore::get_participant(std::move(room_id),
                                                            std::move(participant_id));
    }

    asio::awaitable<roomstore::Participant> update_participant(
        roomstore::Participant participant) override {
        if (participant.room_id.starts_with("#stay-")) {
            throw Error(errc::busy, "injected by the test");
        }
        co_return co_await ForwardingStore::update_participant(std::move(participant));
    }

    asio::awaitable<void> close() override {
        co_await ForwardingStore::close();
        stalls_ = false;
        if (stalled_) stalled_->cancel();
        // Like every store, waits for running calls.
        while (stalled_calls_ > 0) co_await asio::post(asio::use_awaitable);
    }

private:
    using TimerPtr = std::shared_ptr<asio::steady_timer>;

    static asio::awaitable<TimerPtr> make_timer() {
        co_return std::make_shared<asio::steady_timer>(co_await asio::this_coro::executor,
                                                       asio::steady_timer::time_point::max());
    }

    static asio::awaitable<void> wait_for_cancel(TimerPtr timer) {
        asio::error_code ignored;
        co_await timer->async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }

    std::map<std::string, int> attempts_;
    std::set<std::string> blind_;
    TimerPtr held_;
    bool stalls_ = false;
    std::chrono::milliseconds listing_{0};
    int stalled_calls_ = 0;
    TimerPtr stalled_;
};

}  // namespace

int main(int argc, char** argv) {
    return chat::run_application(argc, argv, [](const chat::Options&) {
        return std::make_shared<FailingStore>(std::make_shared<roomstore::InMemoryStore>());
    });
}
