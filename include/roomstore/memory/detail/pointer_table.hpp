#pragma once

#include <algorithm>
#include <cstddef>
#include <new>
#include <vector>

namespace roomstore::detail::memory {

/// A hash table of pointers with open addressing and 16 bytes per slot. The load factor stays
/// between 1/8 and 3/4, except in the smallest tables and when there is no memory to shrink one.
/// The caller supplies the hashes; they are stored, so that a rehash does not dereference the
/// pointers.
template <typename T>
class PointerTable {
public:
    std::size_t size() const noexcept { return size_; }

    /// The pointer under `hash` for which `matches` returns true, or null.
    template <typename Matches>
    T* find(std::size_t hash, const Matches& matches) const {
        if (slots_.empty()) return nullptr;
        for (std::size_t i = home(hash); slots_[i].pointer != nullptr; i = after(i)) {
            if (slots_[i].hash == hash && matches(*slots_[i].pointer)) return slots_[i].pointer;
        }
        return nullptr;
    }

    /// Adds `pointer`, which must not be in the table. Strong exception guarantee.
    void insert(std::size_t hash, T* pointer) {
        if ((size_ + 1) * 4 > slots_.size() * 3) grow();
        place(slots_, {hash, pointer});
        ++size_;
    }

    /// Replaces `pointer` by `replacement`, which has the same hash.
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
        // Moves later entries of the run into the hole unless that would put them before their home
        // slot, so that a search can stop at the first empty slot.
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
        if (size_ * 8 < slots_.size() && slots_.size() > fewest) shrink();
        return true;
    }

    std::size_t slots() const noexcept { return slots_.size(); }

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

    static constexpr std::size_t fewest = 8;

    void grow() { move_to(std::vector<Slot>((std::max)(fewest, slots_.size() * 2))); }

    void shrink() noexcept {
        try {
            move_to(std::vector<Slot>(slots_.size() / 2));
        } catch (const std::bad_alloc&) {
            // The table keeps its size.
        }
    }

    void move_to(std::vector<Slot> slots) noexcept {
        for (const Slot& slot : slots_) {
            if (slot.pointer != nullptr) place(slots, slot);
        }
        slots_.swap(slots);
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
