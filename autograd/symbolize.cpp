#include <sinter/autograd/symbolize_internal.h>

#include <cxxabi.h>
#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <spawn.h>
#include <sys/auxv.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <utility>

namespace sinter::autograd {

namespace {

std::string hex(std::uintptr_t value) {
  std::string out;
  for (; value != 0; value >>= 4) out.insert(out.begin(), "0123456789abcdef"[value & 15]);
  return "0x" + out;
}

std::string demangled(const char* name) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> text(
      abi::__cxa_demangle(name, nullptr, nullptr, &status), &std::free);
  return status == 0 ? text.get() : name;
}

// A code address, counted as its object file does.
struct Place {
  std::string object;
  std::uintptr_t offset = 0;
  std::string symbol;
};

Place place_of(void* address) {
  // The call itself, not the instruction that it returns to.
  const auto call = reinterpret_cast<std::uintptr_t>(address) - 1;
  Dl_info info{};
  if (dladdr(reinterpret_cast<void*>(call), &info) == 0) return {"", call, ""};
  const auto base = reinterpret_cast<std::uintptr_t>(info.dli_fbase);
  const auto* header = static_cast<const ElfW(Ehdr)*>(info.dli_fbase);
  // A program may have been started by a name that does not lead to it from here.
  const bool program = getauxval(AT_PHDR) == base + header->e_phoff;
  return {program ? "/proc/self/exe" : info.dli_fname,
          header->e_type == ET_EXEC ? call : call - base,
          info.dli_sname != nullptr ? demangled(info.dli_sname) : ""};
}

std::string real_path(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> text(realpath(path.c_str(), nullptr),
                                                         &std::free);
  return text ? text.get() : path;
}

// What a program prints; empty when it cannot be run.
std::string output_of(const std::vector<std::string>& command) {
  int ends[2];
  if (pipe(ends) != 0) return {};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", 1, 0);
  posix_spawn_file_actions_addclose(&actions, ends[0]);
  std::vector<char*> argv;
  argv.reserve(command.size() + 1);
  for (const std::string& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  pid_t child = 0;
  const bool started = posix_spawnp(&child, argv[0], &actions, nullptr, argv.data(), environ) == 0;
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  std::string out;
  char buffer[4096];
  for (ssize_t n = 0; started && (n = read(ends[0], buffer, sizeof buffer)) > 0;) {
    out.append(buffer, static_cast<std::size_t>(n));
  }
  close(ends[0]);
  if (started) waitpid(child, nullptr, 0);
  return out;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    out.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return out;
}

// "dir/main.cpp:12 (discriminator 3)" -> "main.cpp:12"; empty for "??:0".
std::string short_place(std::string place) {
  place = place.substr(0, place.find(" ("));
  if (place.starts_with("??")) return {};
  const std::size_t slash = place.rfind('/');
  return slash == std::string::npos ? place : place.substr(slash + 1);
}

using Frames = std::vector<Frame>;

// addr2line prints "0x..." per address, then a function and a place per inlined call.
std::vector<Frames> ask_addr2line(const std::string& object,
                                  const std::vector<std::uintptr_t>& offsets) {
  std::vector<std::string> command{"addr2line", "-a", "-f", "-C", "-i", "-e", real_path(object)};
  for (const std::uintptr_t offset : offsets) command.push_back(hex(offset));
  std::vector<Frames> out;
  std::string function;
  for (const std::string& line : lines_of(output_of(command))) {
    if (line.starts_with("0x")) {
      out.emplace_back();
    } else if (function.empty()) {
      function = line;
    } else if (!out.empty()) {
      out.back().push_back(
          {std::exchange(function, {}), short_place(line), line.substr(0, line.rfind(':'))});
    }
  }
  out.resize(offsets.size());
  return out;
}

// Where addr2line knows nothing, what the dynamic linker knows.
void complete(Frames& frames, const Place& place) {
  if (frames.empty()) frames.push_back({"??", "", ""});
  for (Frame& frame : frames) {
    if (frame.function != "??") continue;
    frame.function = !place.symbol.empty() ? place.symbol : place.object + "+" + hex(place.offset);
  }
}

}  // namespace

std::vector<Frames> symbolize_each(const std::vector<void*>& addresses) {
  std::vector<Place> places;
  std::map<std::string, std::vector<std::size_t>> by_object;
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    places.push_back(place_of(addresses[i]));
    by_object[places[i].object].push_back(i);
  }
  std::vector<Frames> found(addresses.size());
  for (const auto& [object, indices] : by_object) {
    if (object.empty()) continue;
    std::vector<std::uintptr_t> offsets;
    for (const std::size_t i : indices) offsets.push_back(places[i].offset);
    auto frames = ask_addr2line(object, offsets);
    for (std::size_t k = 0; k < indices.size(); ++k) found[indices[k]] = std::move(frames[k]);
  }
  for (std::size_t i = 0; i < addresses.size(); ++i) complete(found[i], places[i]);
  return found;
}

std::vector<Frame> symbolize(const std::vector<void*>& addresses) {
  Frames out;
  for (const Frames& frames : symbolize_each(addresses)) {
    out.insert(out.end(), frames.begin(), frames.end());
  }
  return out;
}

}  // namespace sinter::autograd
