#include <sinter/core/error.h>
#include <sinter/graph/rewrite_limit.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <mutex>

namespace sinter::graph {

namespace {

struct Counter {
  std::mutex mutex;
  bool read = false;
  std::optional<std::size_t> limit;
  std::size_t made = 0;
};

Counter& counter() {
  static Counter instance;
  return instance;
}

std::optional<std::size_t> limit_from_environment() {
  const char* text = std::getenv("SINTER_REWRITE_LIMIT");  // NOLINT(concurrency-mt-unsafe)
  if (text == nullptr || *text == '\0') return std::nullopt;
  const std::string_view view(text);
  std::size_t limit = 0;
  const auto [end, error] = std::from_chars(view.data(), view.data() + view.size(), limit);
  SINTER_CHECK_AS(ValueError, error == std::errc() && end == view.data() + view.size(),
                  "[rewrite_limit] SINTER_REWRITE_LIMIT must be a number; got \"", view, "\"");
  return limit;
}

}  // namespace

bool allow_rewrite(std::string_view pass, std::string_view node) {
  Counter& count = counter();
  const std::lock_guard lock(count.mutex);
  if (!count.read) count.limit = limit_from_environment();
  count.read = true;
  if (count.limit && count.made >= *count.limit) return false;
  ++count.made;
  if (count.limit && count.made == *count.limit) {
    const std::string line =
        str("sinter: rewrite ", count.made, ", the last one allowed: ", pass, " at ", node, "\n");
    std::fputs(line.c_str(), stderr);
  }
  return true;
}

std::size_t rewrites_made() {
  const std::lock_guard lock(counter().mutex);
  return counter().made;
}

void set_rewrite_limit(std::optional<std::size_t> limit) {
  Counter& count = counter();
  const std::lock_guard lock(count.mutex);
  count.read = true;
  count.limit = limit;
  count.made = 0;
}

}  // namespace sinter::graph
