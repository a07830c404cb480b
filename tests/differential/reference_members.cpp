#include "differential/reference_store.hpp"
#include "differential/reference_support.hpp"

namespace roomstore::differential {

namespace {

Participant with_normal_channels(Participant participant) {
    std::vector<std::string> channels{participant.channel_id};
    for (const auto& channel : participant.connected_via) {
        if (std::ranges::find(channels, channel) == channels.end()) channels.push_back(channel);
    }
    participant.connected_via = std::move(channels);
    return participant;
}

}  // namespace

asio::awaitable<ChannelBinding> ReferenceStore::add_binding(ChannelBinding binding) {
    require_open();
    validator_.add_binding(binding);
    auto& state = require(binding.room_id);
    auto* stored = find_by(state.bindings, &ChannelBinding::channel_id, binding.channel_id);
    if (stored) {
        binding.attached_at = stored->attached_at;
        *stored = binding;
    } else {
        state.bindings.push_back(binding);
    }
    co_return binding;
}

asio::awaitable<std::optional<ChannelBinding>> ReferenceStore::get_binding(std::string room_id,
                                                                           std::string channel_id) {
    require_open();
    validator_.get_binding(room_id, channel_id);
    auto* state = find(room_id);
    if (!state) co_return std::nullopt;
    co_return copy_of(find_by(state->bindings, &ChannelBinding::channel_id, channel_id));
}

asio::awaitable<ChannelBinding> ReferenceStore::update_binding(ChannelBinding binding) {
    require_open();
    validator_.update_binding(binding);
    auto& state = require(binding.room_id);
    auto* stored = find_by(state.bindings, &ChannelBinding::channel_id, binding.channel_id);
    if (!stored) refuse(errc::not_found, "binding");
    binding.attached_at = stored->attached_at;
    *stored = binding;
    co_return binding;
}

asio::awaitable<bool> ReferenceStore::remove_binding(std::string room_id, std::string channel_id) {
    require_open();
    validator_.remove_binding(room_id, channel_id);
    auto* state = find(room_id);
    co_return state&& std::erase_if(
        state->bindings, [&](const auto& binding) { return binding.channel_id == channel_id; }) > 0;
}

asio::awaitable<std::vector<ChannelBinding>> ReferenceStore::list_bindings(
    std::string room_id,
    std::optional<Page> page) {
    require_open();
    validator_.list_bindings(room_id, page);
    const auto* state = find(room_id);
    if (!state) co_return std::vector<ChannelBinding>{};
    auto all = state->bindings;
    std::ranges::sort(all, {}, [](const ChannelBinding& binding) {
        return std::tuple(binding.attached_at, binding.channel_id);
    });
    co_return page_of(all, page);
}

asio::awaitable<bool> ReferenceStore::binding_exists(std::string room_id, std::string channel_id) {
    require_open();
    validator_.binding_exists(room_id, channel_id);
    co_return (co_await get_binding(room_id, channel_id)).has_value();
}

asio::awaitable<Participant> ReferenceStore::add_participant(Participant participant) {
    require_open();
    validator_.add_participant(participant);
    participant = with_normal_channels(std::move(participant));
    auto& state = require(participant.room_id);
    if (auto* stored = find_by(state.participants, &Participant::id, participant.id)) {
        participant.joined_at = stored->joined_at;
        *stored = participant;
    } else {
        state.participants.push_back(participant);
    }
    co_return participant;
}

asio::awaitable<std::optional<Participant>> ReferenceStore::get_participant(
    std::string room_id,
    std::string participant_id) {
    require_open();
    validator_.get_participant(room_id, participant_id);
    auto* state = find(room_id);
    if (!state) co_return std::nullopt;
    co_return copy_of(find_by(state->participants, &Participant::id, participant_id));
}

asio::awaitable<Participant> ReferenceStore::update_participant(Participant participant) {
    require_open();
    validator_.update_participant(participant);
    participant = with_normal_channels(std::move(participant));
    auto& state = require(participant.room_id);
    auto* stored = find_by(state.participants, &Participant::id, participant.id);
    if (!stored) refuse(errc::not_found, "participant");
    participant.joined_at = stored->joined_at;
    *stored = participant;
    co_return participant;
}

asio::awaitable<bool> ReferenceStore::remove_participant(std::string room_id,
                                                         std::string participant_id) {
    require_open();
    validator_.remove_participant(room_id, participant_id);
    auto* state = find(room_id);
    co_return state&& std::erase_if(state->participants, [&](const auto& participant) {
        return participant.id == participant_id;
    }) > 0;
}

asio::awaitable<std::vector<Participant>> ReferenceStore::list_participants(
    std::string room_id,
    std::optional<Page> page) {
    require_open();
    validator_.list_participants(room_id, page);
    const auto* state = find(room_id);
    if (!state) co_return std::vector<Participant>{};
    auto all = state->participants;
    std::ranges::sort(all, {}, [](const Participant& participant) {
        return std::tuple(participant.joined_at, participant.id);
    });
    co_return page_of(all, page);
}

asio::awaitable<Task> ReferenceStore::add_task(Task task) {
    require_open();
    validator_.add_task(task);
    auto& state = require(task.room_id);
    if (find_by(state.tasks, &Task::id, task.id)) refuse(errc::already_exists, "task");
    state.tasks.push_back(task);
    co_return task;
}

asio::awaitable<std::optional<Task>> ReferenceStore::get_task(std::string task_id) {
    require_open();
    validator_.get_task(task_id);
    std::optional<Task> found;
    for (auto& state : rooms_) {
        const auto* task = find_by(state.tasks, &Task::id, task_id);
        if (task && (!found || task->room_id < found->room_id)) found = *task;
    }
    co_return found;
}

asio::awaitable<std::vector<Task>> ReferenceStore::list_tasks(std::string room_id,
                                                              std::optional<TaskStatus> status,
                                                              std::optional<Page> page) {
    require_open();
    validator_.list_tasks(room_id, status, page);
    const auto* state = find(room_id);
    std::vector<Task> found;
    if (!state) co_return found;
    for (const auto& task : state->tasks) {
        if (!status || task.status == *status) found.push_back(task);
    }
    std::ranges::sort(
        found, {}, [](const Task& task) { return std::tuple(task.created_at, task.id); });
    co_return page_of(found, page);
}

asio::awaitable<Task> ReferenceStore::update_task(Task task) {
    require_open();
    validator_.update_task(task);
    auto* stored = find_by(require(task.room_id).tasks, &Task::id, task.id);
    if (!stored) refuse(errc::not_found, "task");
    task.created_at = stored->created_at;
    *stored = task;
    co_return task;
}

asio::awaitable<Observation> ReferenceStore::add_observation(Observation observation) {
    require_open();
    validator_.add_observation(observation);
    auto& state = require(observation.room_id);
    if (find_by(state.observations, &Observation::id, observation.id)) {
        refuse(errc::already_exists, "observation");
    }
    state.observations.push_back(observation);
    co_return observation;
}

asio::awaitable<std::vector<Observation>> ReferenceStore::list_observations(
    std::string room_id,
    std::optional<Page> page) {
    require_open();
    validator_.list_observations(room_id, page);
    const auto* state = find(room_id);
    if (!state) co_return std::vector<Observation>{};
    auto all = state->observations;
    std::ranges::sort(all, {}, [](const Observation& observation) {
        return std::tuple(observation.created_at, observation.id);
    });
    co_return page_of(all, page);
}

std::int64_t ReferenceStore::unread(RoomState& state, const std::string& channel_id) {
    const auto marker = state.markers.find(channel_id);
    const auto read = marker == state.markers.end() ? -1 : marker->second;
    return std::ranges::count_if(state.events,
                                 [&](const RoomEvent& event) { return event.index > read; });
}

asio::awaitable<void> ReferenceStore::mark_read(std::string room_id,
                                                std::string channel_id,
                                                std::string event_id) {
    require_open();
    validator_.mark_read(room_id, channel_id, event_id);
    auto& state = require(room_id);
    const auto* event = find_event(state, event_id);
    if (!event) refuse(errc::not_found, "event");
    auto& marker = state.markers.try_emplace(channel_id, event->index).first->second;
    marker = std::max(marker, event->index);
    co_return;
}

asio::awaitable<void> ReferenceStore::mark_all_read(std::string room_id, std::string channel_id) {
    require_open();
    validator_.mark_all_read(room_id, channel_id);
    auto& state = require(room_id);
    if (state.next_index == 0) co_return;
    auto& marker = state.markers.try_emplace(channel_id, state.next_index - 1).first->second;
    marker = std::max(marker, state.next_index - 1);
    co_return;
}

asio::awaitable<std::int64_t> ReferenceStore::get_unread_count(std::string room_id,
                                                               std::string channel_id,
                                                               UnreadQuery query) {
    require_open();
    validator_.get_unread_count(room_id, channel_id, query);
    auto* state = find(room_id);
    if (!state) co_return 0;
    std::int64_t count = 0;
    for (const auto& event : state->events) {
        const auto has_type = [&](const auto& types) {
            return std::ranges::find(types, event.type) != types.end();
        };
        if (event.index <= marker(*state, channel_id)) continue;
        if (query.event_types && !has_type(*query.event_types)) continue;
        if (query.exclude_types && has_type(*query.exclude_types)) continue;
        const auto& author = event.source.participant_id;
        if (query.exclude_participant && author == query.exclude_participant) continue;
        ++count;
    }
    co_return query.cap ? std::min(count, *query.cap) : count;
}

asio::awaitable<std::map<std::string, std::int64_t>> ReferenceStore::get_unread_counts(
    std::string channel_id,
    std::vector<std::string> room_ids) {
    require_open();
    validator_.get_unread_counts(channel_id, room_ids);
    std::map<std::string, std::int64_t> counts;
    for (const auto& room_id : room_ids) {
        auto* state = find(room_id);
        counts[room_id] = state ? unread(*state, channel_id) : 0;
    }
    co_return counts;
}

asio::awaitable<std::map<std::string, std::int64_t>> ReferenceStore::list_read_markers(
    std::string room_id) {
    require_open();
    validator_.list_read_markers(room_id);
    const auto* state = find(room_id);
    co_return state ? state->markers : std::map<std::string, std::int64_t>{};
}

}  // namespace roomstore::differential
