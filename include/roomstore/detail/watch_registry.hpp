#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <asio/awaitable.hpp>

#include "roomstore/detail/text_hash.hpp"
#include "roomstore/detail/visibility.hpp"
#include "roomstore/error.hpp"
#include "roomstore/watch.hpp"

namespace roomstore::detail {

class WatchState;

/// The watches of one store, by room. For backends: `watch` makes a watch, and after every commit
/// that changed a room, with no lock held, the backend calls `tell`.
///
/// Thread-safe. Watches may outlive the registry's owner, which calls `close` first.
class ROOMSTORE_SHARED WatchRegistry : public std::enable_shared_from_this<WatchRegistry> {
public:
    /// Registries are shared with their watches.
    static std::shared_ptr<WatchRegistry> make();
    WatchRegistry(const WatchRegistry&) = delete;
    WatchRegistry& operator=(const WatchRegistry&) = delete;
    ~WatchRegistry();

    /// Sets a function that is called after rooms were added to a watch, without a lock. It must
    /// not throw. Before the first watch.
    void set_on_add(std::function<void()> added) { on_add_ = std::move(added); }

    /// Makes a watch of `rooms`.
    /// @throws Error as `RoomWatch::add`.
    std::shared_ptr<RoomWatch> watch(std::vector<std::string> rooms);

    /// Reports the room to whoever watches it. Costs one load of an atomic if nobody watches.
    void tell(std::string_view room_id) noexcept {
        if (watched_.load() != 0) tell_watches(room_id);
    }

    /// Number of rooms that are watched, each counted once.
    std::size_t rooms_watched() const noexcept { return watched_.load(); }

    /// The rooms that are watched, in no order.
    std::vector<std::string> rooms() const;

    /// Ends all watches: `next()` and `add` fail with `closed`.
    void close() noexcept;

private:
    friend class WatchState;

    WatchRegistry() = default;

    /// A room of a watch. Its links are guarded by the shard of the room, the rest by the watch.
    struct Entry {
        WatchState* watch = nullptr;
        /// Entries of other watches for the same room.
        Entry* next = nullptr;
        Entry* previous = nullptr;
        /// Whether it is to be reported; then it is in the list of such entries of the watch.
        bool dirty = false;
        Entry* next_dirty = nullptr;
        Entry* previous_dirty = nullptr;
        const std::string* room_id = nullptr;
    };
    struct alignas(64) Shard {
        mutable std::mutex mutex;
        /// The first entry of each room.
        TextMap<Entry*> rooms;
    };
    static constexpr std::size_t shard_count = 16;

    Shard& shard_of(std::string_view room_id) noexcept;
    void tell_watches(std::string_view room_id) noexcept;

    std::function<void()> on_add_;
    std::array<Shard, shard_count> shards_;
    std::atomic<std::size_t> watched_{0};
    /// Guards the members below. May be held when the locks of shards and watches are taken.
    std::mutex watches_mutex_;
    std::set<WatchState*> watches_;
    bool closed_ = false;
};

/// The state of a watch, which a waiting `next()` shares.
///
/// @par Locks
/// First the shard of a room, then the watch. A waiter is woken by cancelling its timer, which
/// queues its handler without running it and allocates no memory.
class WatchState {
public:
    explicit WatchState(std::shared_ptr<WatchRegistry> registry);
    WatchState(const WatchState&) = delete;
    WatchState& operator=(const WatchState&) = delete;
    ~WatchState();

    void add(std::string room_id);
    void remove(const std::string& room_id) noexcept;
    std::vector<std::string> rooms() const;
    void mark(const std::string& room_id) noexcept;
    /// Ends the watch, for this reason unless it has ended before, and releases its rooms.
    void end(std::error_code why) noexcept;

    static asio::awaitable<std::vector<RoomNotice>> next(std::shared_ptr<WatchState> state);

private:
    friend class WatchRegistry;
    using Entry = WatchRegistry::Entry;
    using Rooms = std::map<std::string, Entry>;
    class Call;
    struct StartWait;

    bool insert(std::string room_id);
    /// Both locks must be held.
    void unlink(WatchRegistry::Shard& shard, Entry& entry) noexcept;
    /// Adds the entry to the list, and wakes the waiter.
    void set_dirty(Entry& entry) noexcept;
    void clear_dirty(Entry& entry) noexcept;
    void wake() noexcept;
    /// The rooms to be reported; none of them is afterwards.
    std::vector<RoomNotice> take();

    const std::shared_ptr<WatchRegistry> registry_;
    /// Guards the members below. The entries that `rooms_` holds are linked in their shards too.
    mutable std::mutex mutex_;
    Rooms rooms_;
    Entry* first_dirty_ = nullptr;
    std::size_t dirty_count_ = 0;
    std::error_code ended_;
    /// The one call of `next()` that may wait.
    Call* call_ = nullptr;
};

}  // namespace roomstore::detail
