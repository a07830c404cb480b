#include "postgres_store_impl.hpp"
#include "roomstore/detail/normalize.hpp"
#include "roomstore/postgres/postgres_store.hpp"
#include "sql/bindings.hpp"
#include "sql/identities.hpp"
#include "sql/observations.hpp"
#include "sql/participants.hpp"
#include "sql/read_markers.hpp"
#include "sql/tasks.hpp"

// The operations on what belongs to rooms beside events, and on identities. Jobs are named before
// they are handed over: GCC 12 destroys temporaries of a co_await twice.
namespace roomstore {

namespace sql = postgres::sql;
using postgres::Session;

asio::awaitable<ChannelBinding> PostgresStore::add_binding(ChannelBinding binding) {
    impl_->require_open("add_binding");
    impl_->validator.add_binding(binding);
    std::string room_id = binding.room_id;
    auto job = [binding = std::move(binding)](Session& session) {
        return sql::add_binding(session, binding);
    };
    co_return co_await impl_->write("add_binding", std::move(room_id), std::move(job));
}

asio::awaitable<std::optional<ChannelBinding>> PostgresStore::get_binding(std::string room_id,
                                                                          std::string channel_id) {
    impl_->require_open("get_binding");
    impl_->validator.get_binding(room_id, channel_id);
    auto job = [room_id, channel_id = std::move(channel_id)](Session& session) {
        return sql::get_binding(session, room_id, channel_id);
    };
    co_return co_await impl_->read("get_binding", std::move(room_id), std::move(job));
}

asio::awaitable<ChannelBinding> PostgresStore::update_binding(ChannelBinding binding) {
    impl_->require_open("update_binding");
    impl_->validator.update_binding(binding);
    std::string room_id = binding.room_id;
    auto job = [binding = std::move(binding)](Session& session) {
        return sql::update_binding(session, binding);
    };
    co_return co_await impl_->write("update_binding", std::move(room_id), std::move(job));
}

asio::awaitable<bool> PostgresStore::remove_binding(std::string room_id, std::string channel_id) {
    impl_->require_open("remove_binding");
    impl_->validator.remove_binding(room_id, channel_id);
    auto job = [room_id, channel_id = std::move(channel_id)](Session& session) {
        return sql::remove_binding(session, room_id, channel_id);
    };
    co_return co_await impl_->write_once("remove_binding", std::move(room_id), std::move(job));
}

asio::awaitable<std::vector<ChannelBinding>> PostgresStore::list_bindings(std::string room_id) {
    impl_->require_open("list_bindings");
    impl_->validator.list_bindings(room_id);
    auto job = [unreadable = impl_->unreadable, room_id](Session& session) {
        return sql::list_bindings(session, *unreadable, room_id);
    };
    co_return co_await impl_->read("list_bindings", std::move(room_id), std::move(job));
}

asio::awaitable<bool> PostgresStore::binding_exists(std::string room_id, std::string channel_id) {
    impl_->require_open("binding_exists");
    impl_->validator.binding_exists(room_id, channel_id);
    auto job = [room_id, channel_id = std::move(channel_id)](Session& session) {
        return sql::binding_exists(session, room_id, channel_id);
    };
    co_return co_await impl_->read("binding_exists", std::move(room_id), std::move(job));
}

asio::awaitable<Participant> PostgresStore::add_participant(Participant participant) {
    impl_->require_open("add_participant");
    impl_->validator.add_participant(participant);
    detail::normalize_connected_via(participant);
    std::string room_id = participant.room_id;
    auto job = [participant = std::move(participant)](Session& session) {
        return sql::add_participant(session, participant);
    };
    co_return co_await impl_->write("add_participant", std::move(room_id), std::move(job));
}

asio::awaitable<std::optional<Participant>> PostgresStore::get_participant(
    std::string room_id,
    std::string participant_id) {
    impl_->require_open("get_participant");
    impl_->validator.get_participant(room_id, participant_id);
    auto job = [room_id, participant_id = std::move(participant_id)](Session& session) {
        return sql::get_participant(session, room_id, participant_id);
    };
    co_return co_await impl_->read("get_participant", std::move(room_id), std::move(job));
}

asio::awaitable<Participant> PostgresStore::update_participant(Participant participant) {
    impl_->require_open("update_participant");
    impl_->validator.update_participant(participant);
    detail::normalize_connected_via(participant);
    std::string room_id = participant.room_id;
    auto job = [participant = std::move(participant)](Session& session) {
        return sql::update_participant(session, participant);
    };
    co_return co_await impl_->write("update_participant", std::move(room_id), std::move(job));
}

asio::awaitable<bool> PostgresStore::remove_participant(std::string room_id,
                                                        std::string participant_id) {
    impl_->require_open("remove_participant");
    impl_->validator.remove_participant(room_id, participant_id);
    auto job = [room_id, participant_id = std::move(participant_id)](Session& session) {
        return sql::remove_participant(session, room_id, participant_id);
    };
    co_return co_await impl_->write_once("remove_participant", std::move(room_id), std::move(job));
}

asio::awaitable<std::vector<Participant>> PostgresStore::list_participants(std::string room_id) {
    impl_->require_open("list_participants");
    impl_->validator.list_participants(room_id);
    auto job = [unreadable = impl_->unreadable, room_id](Session& session) {
        return sql::list_participants(session, *unreadable, room_id);
    };
    co_return co_await impl_->read("list_participants", std::move(room_id), std::move(job));
}

asio::awaitable<Identity> PostgresStore::create_identity(Identity identity) {
    impl_->require_open("create_identity");
    impl_->validator.create_identity(identity);
    auto job = [identity = std::move(identity)](Session& session) {
        return sql::create_identity(session, identity);
    };
    co_return co_await impl_->write_once("create_identity", {}, std::move(job));
}

asio::awaitable<std::optional<Identity>> PostgresStore::get_identity(std::string identity_id) {
    impl_->require_open("get_identity");
    impl_->validator.get_identity(identity_id);
    auto job = [identity_id = std::move(identity_id)](Session& session) {
        return sql::get_identity(session, identity_id);
    };
    co_return co_await impl_->read("get_identity", {}, std::move(job));
}

asio::awaitable<std::optional<Identity>> PostgresStore::resolve_identity(
    ChannelType channel_type,
    std::string address,
    std::optional<std::string> organization_id) {
    impl_->require_open("resolve_identity");
    impl_->validator.resolve_identity(channel_type, address, organization_id);
    auto job = [channel_type = channel_type.name(),
                address = std::move(address),
                organization_id = std::move(organization_id)](Session& session) {
        return sql::resolve_identity(session, channel_type, address, organization_id);
    };
    co_return co_await impl_->read("resolve_identity", {}, std::move(job));
}

asio::awaitable<void> PostgresStore::link_address(std::string identity_id,
                                                  ChannelType channel_type,
                                                  std::string address,
                                                  std::optional<std::string> organization_id) {
    impl_->require_open("link_address");
    impl_->validator.link_address(identity_id, channel_type, address, organization_id);
    auto job = [identity_id = std::move(identity_id),
                channel_type = channel_type.name(),
                address = std::move(address),
                organization_id = std::move(organization_id)](Session& session) {
        sql::link_address(session, identity_id, channel_type, address, organization_id);
    };
    co_await impl_->write("link_address", {}, std::move(job));
}

asio::awaitable<Task> PostgresStore::add_task(Task task) {
    impl_->require_open("add_task");
    impl_->validator.add_task(task);
    std::string room_id = task.room_id;
    auto job = [task = std::move(task)](Session& session) { return sql::add_task(session, task); };
    co_return co_await impl_->write_once("add_task", std::move(room_id), std::move(job));
}

asio::awaitable<std::optional<Task>> PostgresStore::get_task(std::string task_id) {
    impl_->require_open("get_task");
    impl_->validator.get_task(task_id);
    auto job = [task_id = std::move(task_id)](Session& session) {
        return sql::get_task(session, task_id);
    };
    co_return co_await impl_->read("get_task", {}, std::move(job));
}

asio::awaitable<std::vector<Task>> PostgresStore::list_tasks(std::string room_id,
                                                             std::optional<TaskStatus> status) {
    impl_->require_open("list_tasks");
    impl_->validator.list_tasks(room_id, status);
    auto job = [unreadable = impl_->unreadable, room_id, status](Session& session) {
        return sql::list_tasks(session, *unreadable, room_id, status);
    };
    co_return co_await impl_->read("list_tasks", std::move(room_id), std::move(job));
}

asio::awaitable<Task> PostgresStore::update_task(Task task) {
    impl_->require_open("update_task");
    impl_->validator.update_task(task);
    std::string room_id = task.room_id;
    auto job = [task = std::move(task)](Session& session) {
        return sql::update_task(session, task);
    };
    co_return co_await impl_->write("update_task", std::move(room_id), std::move(job));
}

asio::awaitable<Observation> PostgresStore::add_observation(Observation observation) {
    impl_->require_open("add_observation");
    impl_->validator.add_observation(observation);
    std::string room_id = observation.room_id;
    auto job = [observation = std::move(observation)](Session& session) {
        return sql::add_observation(session, observation);
    };
    co_return co_await impl_->write_once("add_observation", std::move(room_id), std::move(job));
}

asio::awaitable<std::vector<Observation>> PostgresStore::list_observations(std::string room_id) {
    impl_->require_open("list_observations");
    impl_->validator.list_observations(room_id);
    auto job = [unreadable = impl_->unreadable, room_id](Session& session) {
        return sql::list_observations(session, *unreadable, room_id);
    };
    co_return co_await impl_->read("list_observations", std::move(room_id), std::move(job));
}

asio::awaitable<void> PostgresStore::mark_read(std::string room_id,
                                               std::string channel_id,
                                               std::string event_id) {
    impl_->require_open("mark_read");
    impl_->validator.mark_read(room_id, channel_id, event_id);
    auto job = [room_id, channel_id = std::move(channel_id), event_id = std::move(event_id)](
                   Session& session) { sql::mark_read(session, room_id, channel_id, event_id); };
    co_await impl_->write("mark_read", std::move(room_id), std::move(job));
}

asio::awaitable<void> PostgresStore::mark_all_read(std::string room_id, std::string channel_id) {
    impl_->require_open("mark_all_read");
    impl_->validator.mark_all_read(room_id, channel_id);
    auto job = [room_id, channel_id = std::move(channel_id)](Session& session) {
        sql::mark_all_read(session, room_id, channel_id);
    };
    co_await impl_->write("mark_all_read", std::move(room_id), std::move(job));
}

asio::awaitable<std::int64_t> PostgresStore::get_unread_count(std::string room_id,
                                                              std::string channel_id) {
    impl_->require_open("get_unread_count");
    impl_->validator.get_unread_count(room_id, channel_id);
    auto job = [room_id, channel_id = std::move(channel_id)](Session& session) {
        return sql::get_unread_counts(session, channel_id, {room_id}).at(room_id);
    };
    co_return co_await impl_->read("get_unread_count", std::move(room_id), std::move(job));
}

asio::awaitable<std::map<std::string, std::int64_t>> PostgresStore::get_unread_counts(
    std::string channel_id,
    std::vector<std::string> room_ids) {
    impl_->require_open("get_unread_counts");
    impl_->validator.get_unread_counts(channel_id, room_ids);
    auto job = [channel_id = std::move(channel_id),
                room_ids = std::move(room_ids)](Session& session) {
        return sql::get_unread_counts(session, channel_id, room_ids);
    };
    co_return co_await impl_->read("get_unread_counts", {}, std::move(job));
}

asio::awaitable<std::map<std::string, std::int64_t>> PostgresStore::list_read_markers(
    std::string room_id) {
    impl_->require_open("list_read_markers");
    impl_->validator.list_read_markers(room_id);
    auto job = [room_id](Session& session) { return sql::list_read_markers(session, room_id); };
    co_return co_await impl_->read("list_read_markers", std::move(room_id), std::move(job));
}

}  // namespace roomstore
