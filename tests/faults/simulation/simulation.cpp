#include "faults/simulation/simulation.hpp"

#include <algorithm>
#include <utility>

#include "pool/pool_core.hpp"

namespace roomstore::simulation {

using namespace std::chrono_literals;

namespace {

constexpr int nobody = -1;  // client number of the calls at the end of a run

// Longer than any single fault lasts.
constexpr auto longest_fault = 12s;

TimePoint faults_end(Random& random, TimePoint start, bool lively) {
    return start + (lively ? random.between(300ms, 4000ms) : std::chrono::nanoseconds(24h));
}

// Two contents, so that mistaking one event for another is detected.
EventContent content(bool first) { return TextContent{.body = first ? "one" : "another"}; }

}  // namespace

Simulation::Simulation(std::uint64_t seed, bool traced)
    : scheduler_(seed),
      trace_(traced),
      lively_(scheduler_.random().chance(500)),
      fault_plan_(FaultPlan::draw(scheduler_.random(),
                                  scheduler_.now(),
                                  faults_end(scheduler_.random(), scheduler_.now(), lively_))),
      server_(scheduler_, trace_, fault_plan_),
      network_{.scheduler = scheduler_,
               .server = server_,
               .fault_plan = fault_plan_,
               .trace = trace_} {
    auto& random = scheduler_.random();
    scheduler_.interruptions = random.chance(500) ? random.between(10, 300) : 0;
    options_.connections = random.chance(300) ? 1 : random.chance(800) ? 2 : 3;
    options_.append_batch = random.chance(300) ? 1 : 256;
    if (random.chance(50)) options_.queue_capacity = 1;
    if (random.chance(100)) options_.queue_bytes = 500;
    cancelled_ = random.chance(200) ? 600 : random.chance(500) ? 150 : 0;
    hurried_ = random.chance(200) ? 700 : random.chance(500) ? 200 : 0;
    crowded_ = random.chance(150);
    const int rooms = random.between(1, 2);
    for (int i = 0; i < rooms; ++i) {
        room_ids_.push_back("room" + std::to_string(i));
        server_.add_room(room_ids_.back());
    }
    const int processes = random.between(1, 3);
    for (int i = 0; i < processes; ++i) {
        processes_.push_back(std::make_unique<Process>());
        processes_.back()->number = i;
    }
}

void Simulation::run() {
    auto& random = scheduler_.random();
    std::vector<Task*> clients;
    const int number = random.between(2, 4);
    for (auto& process : processes_) {
        scheduler_.spawn("process " + std::to_string(process->number), process.get(), [&] {
            open_pool(*process);
        });
    }
    for (int client = 0; client < number; ++client) {
        auto* const process = &any_process();
        clients.push_back(scheduler_.spawn(
            "client " + std::to_string(client), process, [this, client] { run_client(client); }));
    }
    if (random.chance(150)) {
        auto* const process = &any_process();
        clients.push_back(scheduler_.spawn("closer", process, [this, process] {
            scheduler_.sleep(scheduler_.random().between(1ms, 4000ms));
            close_and_reopen(*process);
        }));
    }
    scheduler_.spawn(
        "coordinator", processes_.front().get(), [this, clients] { run_coordinator(clients); });
    scheduler_.run(deliver_answers);
}

Process& Simulation::any_process() {
    return *processes_[scheduler_.random().below(processes_.size())];
}

void Simulation::open_pool(Process& process) {
    auto pool = std::make_shared<postgres::PoolCore>(
        options_, std::make_shared<SimulatedSessions>(network_, process), postgres::StopTimeouts{});
    pool->open();
    process.pool = std::move(pool);
}

void Simulation::close_and_reopen(Process& process) {
    const auto pool = process.pool;
    Closing closing{.process = &process, .began = scheduler_.now(), .ended = {}};
    process.closings.push_back(closing.began);
    trace_.add(scheduler_, "process", process.number, "closes its pool");
    open_pool(process);
    close_pool(*pool, scheduler_.random().chance(500));
    doubts_ += pool->stats().doubts;
    closing.ended = scheduler_.now();
    closings_.push_back(closing);
}

void Simulation::run_client(int number) {
    auto& random = scheduler_.random();
    auto& process = *scheduler_.task().process;
    while (!process.pool) scheduler_.yield();
    const int requests = random.between(1, 3);
    if (crowded_ && random.chance(800)) crowd(process, number);
    for (int i = 0; i < requests; ++i) {
        if (random.chance(500)) scheduler_.sleep(random.between(0us, 5000us));
        if (random.chance(200)) scheduler_.sleep(random.between(0ms, 3000ms));
        const auto request = next_request(number);
        const bool unknown = call(process, number, request).unknown();
        if (unknown && request->kind == Request::Kind::append && random.chance(500)) {
            call(process, number, request);
        }
    }
    if (!lively_) return;
    // One more call after the faults have ended, possibly at that very moment.
    while (scheduler_.now() < fault_plan_.ends) scheduler_.wait(fault_plan_.ends);
    scheduler_.sleep(random.between(0ms, 3000ms));
    auto last = new_append(number);
    call(process, number, std::make_shared<Request>(std::move(last)));
}

void Simulation::crowd(Process& process, int number) {
    constexpr int most = 25;
    const bool reads = scheduler_.random().chance(600);
    if (fault_plan_.down.empty()) return;
    while (scheduler_.now() < fault_plan_.down.front().from) {
        scheduler_.wait(fault_plan_.down.front().from);
    }
    for (int i = 0; i < most && server_.is_down(); ++i) {
        Request request{.kind = Request::Kind::read, .room_id = room_ids_.front()};
        if (!reads) request = new_append(number);
        request.deadline = std::chrono::milliseconds(scheduler_.random().between(30, 100));
        call(process, number, std::make_shared<Request>(std::move(request)));
    }
}

CallRecord& Simulation::call(Process& process, int client, RequestPtr request) {
    if (request->kind == Request::Kind::append) appends_.push_back(request);
    if (trace_.wanted()) {
        const CallRecord asked{.request = request, .process = &process, .client = client};
        trace_.add(scheduler_, asked.summary());
    }
    auto record = make_call(process, client, std::move(request));
    if (trace_.wanted()) trace_.add(scheduler_, record.summary());
    return calls_.emplace_back(std::move(record));
}

RequestPtr Simulation::next_request(int client) {
    auto& random = scheduler_.random();
    const auto kind = random.below(100);
    if (kind < 15 && !appends_.empty()) return appends_[random.below(appends_.size())];
    Request request;
    if (kind < 75) {
        request = new_append(client);
    } else if (kind < 88) {
        request.kind = Request::Kind::read;
        request.room_id = room_ids_[random.below(room_ids_.size())];
    } else {
        request.kind = Request::Kind::write_once;
        request.token = "token" + std::to_string(events_made_++);
        request.refuses = random.chance(200);
    }
    draw_deadline_and_cancellation(request);
    return std::make_shared<Request>(std::move(request));
}

void Simulation::draw_deadline_and_cancellation(Request& request) {
    auto& random = scheduler_.random();
    request.bytes = static_cast<std::size_t>(random.between(0, 600));
    if (random.chance(hurried_)) {
        request.deadline = std::chrono::milliseconds(random.between(50, 2000));
    }
    if (random.chance(cancelled_)) {
        request.cancel_after =
            random.chance(500) ? random.between(0us, 10'000us) : random.between(0ms, 4000ms);
    }
}

Request Simulation::new_append(int client) {
    auto& random = scheduler_.random();
    Request request{.room_id = room_ids_[random.below(room_ids_.size())]};
    const int events = random.chance(150) ? random.between(2, 3) : 1;
    for (int i = 0; i < events; ++i) request.events.push_back(new_event(client, request.room_id));
    if (random.chance(100)) request.expected_next_index = random.between(0, 3);
    if (events == 1 && random.chance(150)) {
        request.events.front().idempotency_key = "key" + std::to_string(random.below(2));
    }
    return request;
}

RoomEvent Simulation::new_event(int client, const std::string& room_id) {
    RoomEvent event{.id = "event" + std::to_string(events_made_++),
                    .room_id = room_id,
                    .source = {.channel_id = "client" + std::to_string(client)},
                    .content = content(scheduler_.random().chance(500)),
                    .created_at = Timestamp{}};
    return event;
}

void Simulation::run_coordinator(std::vector<Task*> clients) {
    for (Task* const client : clients) scheduler_.join(*client);
    fault_plan_.ends = std::min(fault_plan_.ends, scheduler_.now());
    scheduler_.sleep(longest_fault);
    settle_what_is_unknown();
    for (const auto& room_id : room_ids_) {
        auto request = std::make_shared<Request>(Request{.room_id = room_id});
        request->events.push_back(new_event(0, room_id));
        call(any_process(), nobody, request);
    }
    shut_down_all();
    // Until the server has noticed that the connections are closed.
    scheduler_.sleep(2s);
}

// Repeats each append whose outcome is unknown.
void Simulation::settle_what_is_unknown() {
    std::vector<RequestPtr> unknown;
    for (const CallRecord& record : calls_) {
        if (record.request->kind == Request::Kind::append && record.unknown() &&
            std::ranges::find(unknown, record.request) == unknown.end()) {
            unknown.push_back(record.request);
        }
    }
    for (const auto& request : unknown) {
        auto again = std::make_shared<Request>(*request);
        again->deadline = 5s;
        again->cancel_after.reset();
        call(any_process(), nobody, again);
    }
}

void Simulation::shut_down_all() {
    for (const auto& process : processes_) {
        Closing closing{.process = process.get(), .began = scheduler_.now(), .ended = {}};
        process->closings.push_back(closing.began);
        close_pool(*process->pool, scheduler_.random().chance(500));
        doubts_ += process->pool->stats().doubts;
        process->pool.reset();
        closing.ended = scheduler_.now();
        closings_.push_back(closing);
    }
}

}  // namespace roomstore::simulation
