#include <sinter/nn/train/progress.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace sinter::train {

namespace {
constexpr std::int64_t kWidth = 20;
constexpr std::int64_t kInterval = 100;

std::int64_t now() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}
}  // namespace

Progress::Progress(std::string label, std::int64_t total, std::FILE* out)
    : label_(std::move(label)),
      total_(std::max<std::int64_t>(total, 0)),
      out_(out),
      terminal_(isatty(fileno(out)) != 0) {
  if (terminal_) draw();
}

Progress::~Progress() {
  if (!finished_) finish(text_);
}

std::string Progress::line() const {
  std::string out = label_;
  if (total_ > 0) {
    const auto share = static_cast<double>(std::min(done_, total_)) / static_cast<double>(total_);
    const auto filled = static_cast<std::size_t>(share * static_cast<double>(kWidth));
    std::string percent = std::to_string(static_cast<int>(share * 100));
    percent.insert(0, percent.size() < 3 ? 3 - percent.size() : 0, ' ');
    out += "  " + std::string(filled, '#') + std::string(kWidth - filled, '-') + " " + percent +
           "%  " + std::to_string(done_) + "/" + std::to_string(total_);
  }
  if (!text_.empty()) out += "  " + text_;
  return out;
}

void Progress::draw() {
  // Back to the start of the line, and erase what is longer than the new one.
  std::fprintf(out_, "\r%s\x1b[K", line().c_str());
  std::fflush(out_);
  last_drawn_ = now();
}

void Progress::advance(std::int64_t steps, const std::string& text) {
  done_ += steps;
  text_ = text;
  if (terminal_ && !finished_ && now() - last_drawn_ >= kInterval) draw();
}

void Progress::finish(const std::string& text) {
  if (finished_) return;
  text_ = text;
  if (terminal_) {
    draw();
    std::fputc('\n', out_);
  } else {
    std::fprintf(out_, "%s\n", line().c_str());
  }
  std::fflush(out_);
  finished_ = true;
}

}  // namespace sinter::train
