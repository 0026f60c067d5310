// A progress bar for loops that take a while.
#pragma once
#include <cstdint>
#include <cstdio>
#include <string>

namespace sinter::train {

// Shows how far a loop is. On a terminal the line is redrawn in place, at most ten times a second;
// elsewhere only its last state is written, as one plain line, so that logs stay readable:
//   epoch 3/10  ################----  80%  18/22  loss 0.0912
class Progress {
 public:
  // total is the number of steps (0: nothing is drawn but the label). Writes to stdout unless
  // another stream is given.
  Progress(std::string label, std::int64_t total, std::FILE* out = stdout);
  // Ends the line, as finish() does, if that has not been called.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // Takes note of steps that were done, with a text to show behind the bar.
  void advance(std::int64_t steps = 1, const std::string& text = {});
  // Draws the last state with this text, and ends the line.
  void finish(const std::string& text = {});
  std::int64_t done() const { return done_; }

 private:
  std::string line() const;
  void draw();

  std::string label_;
  std::string text_;
  std::int64_t total_;
  std::int64_t done_ = 0;
  std::FILE* out_;
  bool terminal_;
  bool finished_ = false;
  std::int64_t last_drawn_ = 0;  // in milliseconds of a steady clock
};

}  // namespace sinter::train
