#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace roomstore::detail::memory {

/// A hash table of pointers with open addressing: 16 bytes a slot, at most three quarters in use.
/// Hashes are given by the caller, and kept, so that growing does not touch what pointers point to.
template <typename T>
class PointerTable {
public:
    std::size_t size() const noexcept { return size_; }

    /// The pointer under `hash` that `matches`, or null.
    template <typename Matches>
    T* find(std::size_t hash, const Matches& matches) const {
        if (slots_.empty()) return nullptr;
        for (std::size_t i = home(hash); slots_[i].pointer != nullptr; i = after(i)) {
            if (slots_[i].hash == hash && matches(*slots_[i].pointer)) return slots_[i].pointer;
        }
        return nullptr;
    }

    /// Adds `pointer`, which is not there. When it throws, nothing has changed.
    void insert(std::size_t hash, T* pointer) {
        if ((size_ + 1) * 4 > slots_.size() * 3) grow();
        place(slots_, {hash, pointer});
        ++size_;
    }

    /// Puts `replacement`, which belongs under the same hash, in the place of `pointer`.
    /// @returns whether `pointer` was there.
    bool replace(std::size_t hash, const T* pointer, T* replacement) noexcept {
        Slot* slot = find_slot(hash, pointer);
        if (slot == nullptr) return false;
        slot->pointer = replacement;
        return true;
    }

    /// @returns whether `pointer` was there.
    bool erase(std::size_t hash, const T* pointer) noexcept {
        const Slot* slot = find_slot(hash, pointer);
        if (slot == nullptr) return false;
        // Later members of the run move up, where that brings them no further from home than they
        // may be; so a search can stop at the first empty slot.
        auto hole = static_cast<std::size_t>(slot - slots_.data());
        for (std::size_t i = after(hole); slots_[i].pointer != nullptr; i = after(i)) {
            const std::size_t from_home = (i - home(slots_[i].hash)) & mask();
            const std::size_t from_hole = (i - hole) & mask();
            if (from_home >= from_hole) {
                slots_[hole] = slots_[i];
                hole = i;
            }
        }
        slots_[hole] = {};
        --size_;
        return true;
    }

private:
    struct Slot {
        std::size_t hash = 0;
        T* pointer = nullptr;
    };

    std::size_t mask() const noexcept { return slots_.size() - 1; }
    std::size_t home(std::size_t hash) const noexcept { return hash & mask(); }
    std::size_t after(std::size_t slot) const noexcept { return (slot + 1) & mask(); }

    Slot* find_slot(std::size_t hash, const T* pointer) noexcept {
        if (slots_.empty()) return nullptr;
        for (std::size_t i = home(hash); slots_[i].pointer != nullptr; i = after(i)) {
            if (slots_[i].pointer == pointer) return &slots_[i];
        }
        return nullptr;
    }

    void grow() {
        std::vector<Slot> bigger(slots_.empty() ? 8 : slots_.size() * 2);
        for (const Slot& slot : slots_) {
            if (slot.pointer != nullptr) place(bigger, slot);
        }
        slots_.swap(bigger);
    }

    static void place(std::vector<Slot>& slots, Slot slot) noexcept {
        std::size_t i = slot.hash & (slots.size() - 1);
        while (slots[i].pointer != nullptr) i = (i + 1) & (slots.size() - 1);
        slots[i] = slot;
    }

    std::vector<Slot> slots_;
    std::size_t size_ = 0;
};

}  // namespace roomstore::detail::memory
