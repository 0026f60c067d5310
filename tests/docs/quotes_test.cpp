// Code in the documentation is the code of the tree: a block that stands after a line
// <!-- from FILE --> must occur in that file, line for line.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace fs = std::filesystem;

namespace {

std::string read(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  INFO(file);
  REQUIRE(in.is_open());
  return {std::istreambuf_iterator<char>(in), {}};
}

struct Quote {
  std::string file;
  std::string code;
};

// The blocks of a text that say where they are from.
std::vector<Quote> quotes_of(const std::string& text) {
  const std::string mark = "<!-- from ";
  std::vector<Quote> quotes;
  for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + 1)) {
    const std::size_t file = at + mark.size();
    const std::size_t begin = text.find('\n', text.find("```", file)) + 1;
    quotes.push_back({text.substr(file, text.find(" -->", file) - file),
                      text.substr(begin, text.find("```", begin) - begin)});
  }
  return quotes;
}

}  // namespace

TEST_CASE("quotes are found in a text") {
  const auto quotes = quotes_of(
      "a\n<!-- from x/y.h -->\n```cpp\nint i;\nint j;\n```\n```sh\nls\n```\n"
      "<!-- from z.cpp -->\n```cpp\nint k;\n```\n");
  REQUIRE(quotes.size() == 2);
  CHECK(quotes[0].file == "x/y.h");
  CHECK(quotes[0].code == "int i;\nint j;\n");
  CHECK(quotes[1].file == "z.cpp");
  CHECK(quotes[1].code == "int k;\n");
}

TEST_CASE("the documentation quotes the tree as it is") {
  const fs::path root = SINTER_SOURCE_ROOT;
  std::vector<fs::path> texts{root / "README.md", root / "examples" / "README.md"};
  for (const auto& entry : fs::directory_iterator(root / "docs")) {
    if (entry.path().extension() == ".md") texts.push_back(entry.path());
  }
  std::size_t count = 0;
  for (const fs::path& text : texts) {
    for (const Quote& quote : quotes_of(read(text))) {
      INFO(text << " quotes " << quote.file << ":\n" << quote.code);
      CHECK(read(root / quote.file).find(quote.code) != std::string::npos);
      ++count;
    }
  }
  CHECK(count > 0);
}

TEST_CASE("the README shows the whole first program") {
  const fs::path root = SINTER_SOURCE_ROOT;
  std::string code;
  for (const Quote& quote : quotes_of(read(root / "README.md"))) {
    if (quote.file == "examples/first_program.cpp") code = quote.code;
  }
  CHECK(code == read(root / "examples" / "first_program.cpp"));
}

TEST_CASE("each example is listed in the examples' README") {
  const fs::path folder = fs::path(SINTER_SOURCE_ROOT) / "examples";
  const std::string list = read(folder / "README.md");
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != ".cpp") continue;
    INFO(entry.path());
    CHECK(list.find("(" + entry.path().filename().string() + ")") != std::string::npos);
  }
}
