#include "private_file.hpp"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include <roomstore/model/id.hpp>

namespace chat {

namespace {

[[noreturn]] void throw_errno(const std::string& what) {
    throw std::system_error(errno, std::generic_category(), what);
}

/// A new file beside `target`, removed again unless it is moved there.
class TemporaryFile {
public:
    // With O_EXCL it is an error if the name exists, even as a link.
    explicit TemporaryFile(const std::string& target)
        : path_(target + "." + roomstore::generate_id()),
          descriptor_(::open(path_.c_str(),
                             O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                             S_IRUSR | S_IWUSR)) {
        if (descriptor_ < 0) throw_errno("cannot create " + path_);
    }
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;
    ~TemporaryFile() {
        if (descriptor_ >= 0) ::close(descriptor_);
        if (!moved_) ::unlink(path_.c_str());
    }

    void write(std::string_view content) {
        while (!content.empty()) {
            const auto written = ::write(descriptor_, content.data(), content.size());
            if (written < 0 && errno == EINTR) continue;
            if (written < 0) throw_errno("cannot write " + path_);
            content.remove_prefix(static_cast<std::size_t>(written));
        }
    }

    void move_to(const std::string& target) {
        // Some file systems report only on closing that there was no space.
        const int closed = ::close(descriptor_);
        descriptor_ = -1;
        if (closed != 0) throw_errno("cannot write " + path_);
        if (std::rename(path_.c_str(), target.c_str()) != 0) throw_errno("cannot write " + target);
        moved_ = true;
    }

private:
    std::string path_;
    int descriptor_;
    bool moved_ = false;
};

}  // namespace

void write_private_file(const std::string& path, std::string_view content) {
    TemporaryFile file(path);
    file.write(content);
    file.move_to(path);
}

}  // namespace chat
