#include <signal.h>
#include <sinter/core/file.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "error_message.h"
#include "temporary_folder.h"

using namespace sinter;
using test::message_of;
using test::read_text;
using test::write_text;

namespace {

void save(const std::string& path, const std::string& text) {
  AtomicFile file(path);
  file.write(text.data(), text.size());
  file.commit();
}

mode_t permissions(const std::string& path) {
  struct stat info {};
  REQUIRE(stat(path.c_str(), &info) == 0);
  return info.st_mode & 0777;
}

// Lets files of this process grow to that size only.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    getrlimit(RLIMIT_FSIZE, &before_);
    handler_ = signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  void (*handler_)(int) = nullptr;
};

}  // namespace

TEST_CASE("a committed file has its content, and nothing is left beside it") {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("x");
  save(path, "one");
  CHECK(read_text(path) == "one");
  save(path, "two");
  CHECK(read_text(path) == "two");
  CHECK(folder.entries() == 1);
}

TEST_CASE("a file that is not committed leaves the old one as it was") {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("x");
  write_text(path, "old");
  {
    AtomicFile file(path);
    file.write("new", 3);
  }
  CHECK(read_text(path) == "old");
  CHECK(folder.entries() == 1);
}

TEST_CASE("a new file gets 0644 less the umask, and a replaced one keeps its permissions") {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("x");
  const mode_t before = umask(027);
  save(path, "new");
  umask(before);
  CHECK(permissions(path) == 0640);
  chmod(path.c_str(), 0604);
  save(path, "again");
  CHECK(permissions(path) == 0604);
}

TEST_CASE("a symbolic link stays, and its target is replaced") {
  const test::TemporaryFolder folder;
  write_text(folder.file("target"), "old");
  std::filesystem::create_symlink("target", folder.file("link"));
  save(folder.file("link"), "new");
  CHECK(std::filesystem::is_symlink(folder.file("link")));
  CHECK(read_text(folder.file("target")) == "new");
}

TEST_CASE("a path that cannot be written is refused before anything changes") {
  const test::TemporaryFolder folder;
  CHECK(message_of<IOError>([&] { save(folder.path().string(), "x"); }) ==
        "[file] only a regular file can be replaced; got \"" + folder.path().string() + "\"");
  CHECK(message_of<IOError>([] { save("/dev/full", "x"); }) ==
        "[file] only a regular file can be replaced; got \"/dev/full\"");
  const std::string missing = folder.file("missing/x");
  CHECK(message_of<IOError>([&] { save(missing, "x"); }) ==
        "[file] cannot create a file; got \"" + missing + "\": No such file or directory");
  CHECK(message_of<IOError>([] {
          save("/proc/sinter_test", "x");
        }).find("[file] cannot create a file; got \"/proc/sinter_test\": ") == 0);
  CHECK(message_of<IOError>([] { save("", "x"); }).find("[file] cannot ") == 0);
  CHECK(message_of<IOError>([] { save(std::string("a\0b", 3), "x"); }) ==
        "[file] a path must not contain a zero byte; got \"a\\0...\"");
  CHECK(folder.entries() == 0);
}

TEST_CASE("a folder without write permission is refused") {
  if (geteuid() == 0) return;  // root may write everywhere
  const test::TemporaryFolder folder;
  write_text(folder.file("x"), "old");
  std::filesystem::permissions(folder.path(), std::filesystem::perms(0500));
  CHECK(message_of<IOError>([&] { save(folder.file("x"), "new"); }) ==
        "[file] cannot create a file; got \"" + folder.file("x") + "\": Permission denied");
  CHECK(read_text(folder.file("x")) == "old");
}

TEST_CASE("a full disk leaves the old file and no rest of the new one") {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("x");
  write_text(path, "old");
  {
    const FileSizeLimit limit(1000);
    CHECK(message_of<IOError>([&] { save(path, std::string(5000, 'x')); }) ==
          "[file] cannot write; got \"" + path + "\": File too large");
  }
  CHECK(read_text(path) == "old");
  CHECK(folder.entries() == 1);
}

TEST_CASE("a folder that vanishes before the commit is an error") {
  const test::TemporaryFolder folder;
  std::filesystem::create_directory(folder.file("inner"));
  AtomicFile file(folder.file("inner/x"));
  file.write("x", 1);
  std::filesystem::remove_all(folder.file("inner"));
  CHECK(message_of<IOError>([&] { file.commit(); }) ==
        "[file] cannot replace; got \"" + std::filesystem::canonical(folder.path()).string() +
            "/inner/x\": No such file or directory");
}
