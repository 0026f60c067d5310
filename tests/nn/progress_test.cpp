#include <pty.h>
#include <sinter/nn/train/progress.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdio>

using sinter::train::Progress;

namespace {

std::string read_all(std::FILE* file) {
  std::fflush(file);
  std::rewind(file);
  std::string out;
  for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file)) out += static_cast<char>(c);
  return out;
}

}  // namespace

TEST_CASE("away from a terminal, progress is one plain line") {
  std::FILE* file = std::tmpfile();
  REQUIRE(file != nullptr);
  {
    Progress progress("epoch 1", 8, file);
    for (int i = 0; i < 6; ++i) progress.advance(1, "loss " + std::to_string(i));
    CHECK(progress.done() == 6);
    CHECK(read_all(file).empty());
    progress.finish("loss 0.5");
    progress.finish("again");
  }
  CHECK(read_all(file) == "epoch 1  ###############-----  75%  6/8  loss 0.5\n");
  std::fclose(file);
}

TEST_CASE("a bar that is left alone ends its line with its last text") {
  std::FILE* file = std::tmpfile();
  REQUIRE(file != nullptr);
  {
    Progress progress("go", 2, file);
    progress.advance(3, "over");
  }
  { const Progress empty("nothing", 0, file); }
  CHECK(read_all(file) == "go  #################### 100%  3/2  over\nnothing\n");
  std::fclose(file);
}

TEST_CASE("on a terminal the line is redrawn in place") {
  int controller = -1;
  int terminal = -1;
  REQUIRE(openpty(&controller, &terminal, nullptr, nullptr, nullptr) == 0);
  std::FILE* file = fdopen(terminal, "w");
  REQUIRE(file != nullptr);
  {
    Progress progress("run", 4, file);
    progress.advance(4);
    progress.finish("done");
  }
  std::string text;  // A terminal may hand over what was written in several pieces.
  char buffer[256];
  while (text.find('\n') == std::string::npos) {
    const auto count = read(controller, buffer, sizeof buffer);
    REQUIRE(count > 0);
    text.append(buffer, static_cast<std::size_t>(count));
  }
  CHECK(text.find("\rrun  --------------------   0%  0/4\x1b[K") == 0);
  CHECK(text.find("\rrun  #################### 100%  4/4  done\x1b[K\r\n") != std::string::npos);
  std::fclose(file);
  close(controller);
}
