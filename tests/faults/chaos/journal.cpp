#include "faults/chaos/journal.hpp"

#include <fcntl.h>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <unistd.h>
#include <utility>

#include "faults/chaos/clients.hpp"

namespace roomstore::chaos {

Instant now() { return instants(std::chrono::steady_clock::now().time_since_epoch()); }

void MemoryJournal::add(Call call) {
    const std::lock_guard lock(mutex_);
    calls.push_back(call);
}

void MemoryJournal::violation(std::string text) {
    const std::lock_guard lock(mutex_);
    violations.push_back(std::move(text));
}

void MemoryJournal::read(const std::filesystem::path& path) {
    std::ifstream file(path);
    std::map<std::string, test::AppendRecord> open;
    for (std::string line; std::getline(file, line) && !file.eof();) {
        std::istringstream fields(line);
        char kind = '\0';
        int outcome = 0;
        fields >> kind;
        if (kind == 'b') {
            test::AppendRecord record;
            fields >> record.room_id >> record.event_id >> record.invoked_at;
            record.digest = test::digest_of(make_chaos_event(record.room_id, record.event_id));
            open[record.room_id + ' ' + record.event_id] = record;
        } else if (kind == 'e') {
            std::string room_id, event_id;
            fields >> room_id >> event_id;
            auto record = open.extract(room_id + ' ' + event_id).mapped();
            fields >> record.invoked_at >> record.answered_at >> outcome >> record.index;
            record.outcome = static_cast<test::AppendOutcome>(outcome);
            history.add(std::move(record));
        } else if (kind == 'c') {
            Call call;
            std::int64_t deadline = 0;
            fields >> call.store >> call.invoked_at >> call.answered_at >> outcome >> deadline >>
                call.cancelled_at >> call.repeats_unknown >> call.queue_was_full;
            call.outcome = static_cast<Outcome>(outcome);
            call.deadline = std::chrono::milliseconds(deadline);
            add(call);
        } else {
            violation(line);
        }
    }
    // Appends without an outcome: their process was killed.
    for (auto& [name, record] : open) {
        record.answered_at = now();
        history.add(std::move(record));
    }
}

FileJournal::FileJournal(const std::filesystem::path& path)
    : file_(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)) {
    if (file_ < 0) throw std::runtime_error("open " + path.string());
}

FileJournal::~FileJournal() { ::close(file_); }

void FileJournal::write(const std::string& line) const {
    const auto text = line + '\n';
    if (::write(file_, text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
        throw std::runtime_error("write to the journal");
    }
}

void FileJournal::begin(const std::string& room_id, const std::string& event_id, Instant at) {
    write("b " + room_id + ' ' + event_id + ' ' + std::to_string(at));
}

void FileJournal::end(test::AppendRecord record) {
    std::ostringstream line;
    line << "e " << record.room_id << ' ' << record.event_id << ' ' << record.invoked_at << ' '
         << record.answered_at << ' ' << static_cast<int>(record.outcome) << ' ' << record.index;
    write(line.str());
}

void FileJournal::add(test::PollRecord) {
    throw std::logic_error("a child process has no readers");
}

void FileJournal::add(Call call) {
    std::ostringstream line;
    line << "c " << call.store << ' ' << call.invoked_at << ' ' << call.answered_at << ' '
         << static_cast<int>(call.outcome) << ' ' << call.deadline.count() << ' '
         << call.cancelled_at << ' ' << call.repeats_unknown << ' ' << call.queue_was_full;
    write(line.str());
}

void FileJournal::violation(std::string text) { write("v " + text); }

}  // namespace roomstore::chaos
