#include <fcntl.h>
#include <sinter/core/error.h>
#include <sinter/core/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <utility>

namespace sinter {

namespace {

[[noreturn]] void fail_with_reason(const char* what, const std::string& path, int reason) {
  fail<IOError>("[file] cannot ", what, "; got \"", path, "\": ", std::strerror(reason));
}

// The file that a symbolic link leads to, so that the link itself stays; path when there is none.
std::string resolved(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> real(realpath(path.c_str(), nullptr),
                                                         &std::free);
  return real ? std::string(real.get()) : path;
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

void check_path(const std::string& path) {
  SINTER_CHECK_AS(IOError, path.find('\0') == std::string::npos,
                  "[file] a path must not contain a zero byte; got \"", path.c_str(), "\\0...\"");
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) return;
  SINTER_CHECK_AS(IOError, S_ISREG(info.st_mode),
                  "[file] only a regular file can be replaced; got \"", path, "\"");
}

std::string temporary_name(const std::string& folder) {
  static constinit std::atomic<unsigned> count{0};
  return str(folder, "/.sinter-", static_cast<std::int64_t>(getpid()), "-", count++, ".tmp");
}

void sync_folder(const std::string& path) {
  const std::string folder = folder_of(path);
  const int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) fail_with_reason("sync the folder", folder, errno);
  // Some file systems cannot sync a folder, and say EINVAL.
  const int reason = fsync(fd) == 0 || errno == EINVAL ? 0 : errno;
  close(fd);
  if (reason != 0) fail_with_reason("sync the folder", folder, reason);
}

}  // namespace

AtomicFile::AtomicFile(const std::string& path) {
  check_path(path);
  path_ = resolved(path);
  do {
    temporary_ = temporary_name(folder_of(path_));
    fd_ = open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  } while (fd_ < 0 && errno == EEXIST);
  if (fd_ < 0) fail_with_reason("create a file", path_, errno);
}

AtomicFile::~AtomicFile() {
  if (fd_ >= 0) close(fd_);
  if (!temporary_.empty()) unlink(temporary_.c_str());
}

void AtomicFile::write(const void* data, std::size_t bytes) {
  const auto* next = static_cast<const char*>(data);
  while (bytes > 0) {
    const ssize_t written = ::write(fd_, next, bytes);
    if (written < 0) {
      if (errno == EINTR) continue;
      fail_with_reason("write", path_, errno);
    }
    next += written;
    bytes -= static_cast<std::size_t>(written);
  }
}

void AtomicFile::commit() {
  struct stat info {};
  if (stat(path_.c_str(), &info) == 0 && fchmod(fd_, info.st_mode & 07777) != 0) {
    fail_with_reason("keep the permissions", path_, errno);
  }
  if (fsync(fd_) != 0) fail_with_reason("sync", path_, errno);
  if (close(std::exchange(fd_, -1)) != 0) fail_with_reason("close", path_, errno);
  if (std::rename(temporary_.c_str(), path_.c_str()) != 0) {
    fail_with_reason("replace", path_, errno);
  }
  temporary_.clear();
  sync_folder(path_);
}

}  // namespace sinter
