// Atomic file writing, for everything that Sinter saves.
#pragma once
#include <cstddef>
#include <functional>
#include <string>

namespace sinter {

// A file under construction: written under a temporary name beside path, and moved over it by
// commit(). Without commit() the temporary file is removed and path stays as it was.
class AtomicFile {
 public:
  // Opens the temporary file; throws IOError naming path and the system's reason.
  explicit AtomicFile(const std::string& path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  // Appends; throws IOError. Short writes and EINTR are retried.
  void write(const void* data, std::size_t bytes);
  // Syncs the file, renames it to path keeping path's permissions (0644 less the umask when it is
  // new), and syncs the folder. Throws IOError.
  void commit();

 private:
  std::string path_;
  std::string temporary_;
  int fd_ = -1;
};

}  // namespace sinter
