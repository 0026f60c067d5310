#include <catch2/catch.hpp>
#include <string>

#include <sinter/core/version.h>

TEST_CASE("the version is three numbers") {
  int dots = 0;
  for (const char c : std::string(sinter::version())) {
    CHECK((c == '.' || (c >= '0' && c <= '9')));
    dots += c == '.';
  }
  CHECK(dots == 2);
}

TEST_CASE("the configuration names the version and every optional dependency") {
  const std::string config = sinter::show_config();
  CHECK(config.find(sinter::version()) != std::string::npos);
  CHECK(config.find("oneDNN: ") != std::string::npos);
  CHECK(config.find("OpenMP: ") != std::string::npos);
}
