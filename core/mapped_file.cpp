#include <fcntl.h>
#include <sinter/core/error.h>
#include <sinter/core/mapped_file_internal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace sinter::detail {

namespace {

class Descriptor {
 public:
  explicit Descriptor(const std::string& path)
      // Opening a pipe without a writer would wait for one.
      : fd_(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

[[noreturn]] void fail_with_reason(const char* op, const std::string& path, int reason) {
  fail<IOError>("[", op, "] cannot read the file; got \"", path, "\": ", std::strerror(reason));
}

}  // namespace

MappedFile::MappedFile(const char* op, const std::string& path) {
  const Descriptor file(path);
  struct stat info {};
  if (file.get() < 0 || fstat(file.get(), &info) != 0) fail_with_reason(op, path, errno);
  SINTER_CHECK_AS(IOError, S_ISREG(info.st_mode), "[", op,
                  "] only a regular file can be read; got \"", path, "\"");
  size_ = static_cast<std::size_t>(info.st_size);
  if (size_ == 0) return;
  void* memory = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE, file.get(), 0);
  if (memory == MAP_FAILED) fail_with_reason(op, path, errno);
  data_ = static_cast<char*>(memory);
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) munmap(data_, size_);
}

}  // namespace sinter::detail
