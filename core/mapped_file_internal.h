// A file seen as memory.
#pragma once
#include <cstddef>
#include <string>

namespace sinter::detail {

// A regular file mapped copy-on-write: writes to the memory do not reach the file. The memory is
// valid as long as nobody shortens the file in place; replacing it by another one is harmless.
class MappedFile {
 public:
  // Throws IOError naming op, path and the system's reason.
  MappedFile(const char* op, const std::string& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  char* data() const { return data_; }
  std::size_t size() const { return size_; }

 private:
  char* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace sinter::detail
