#include "read_digits.h"

#include <zlib.h>

#include <cmath>
#include <cstdlib>
#include <memory>
#include <vector>

namespace digits {

using sinter::Tensor;

namespace {

constexpr int kPixels = 64;

// The numbers of one line.
std::vector<long> parse_line(const char* line, const std::string& where) {
  std::vector<long> out;
  for (char* end = nullptr; *line != '\0' && *line != '\n'; line = *end == ',' ? end + 1 : end) {
    out.push_back(std::strtol(line, &end, 10));
    const bool fits = end != line && out.back() >= 0 && out.back() <= 16;
    if (!fits) sinter::fail<sinter::IOError>("[digits] needs numbers from 0 to 16; got ", where);
  }
  if (out.size() != kPixels + 1 || out.back() > 9) {
    sinter::fail<sinter::IOError>("[digits] needs 64 pixels and a digit; got ", where);
  }
  return out;
}

}  // namespace

Images read(const std::string& path) {
  // gzopen reads plain text as well.
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "rb"), gzclose);
  if (!file) sinter::fail<sinter::IOError>("[digits] cannot read the file; got ", path);
  std::vector<float> pixels;
  std::vector<std::int64_t> labels;
  char line[1024];
  while (gzgets(file.get(), line, sizeof line) != nullptr) {
    const auto numbers = parse_line(line, sinter::str("line ", labels.size() + 1, " of ", path));
    for (int i = 0; i < kPixels; ++i) {
      pixels.push_back(static_cast<float>(numbers[static_cast<std::size_t>(i)]) / 16);
    }
    labels.push_back(numbers.back());
  }
  int status = Z_OK;
  const char* problem = gzerror(file.get(), &status);
  if (status < Z_OK) sinter::fail<sinter::IOError>("[digits] ", problem, "; got ", path);
  if (labels.empty()) sinter::fail<sinter::IOError>("[digits] needs images; got none in ", path);
  const auto count = static_cast<std::int64_t>(labels.size());
  return {sinter::from_blob(pixels.data(), {count, 1, 8, 8}).clone(),
          sinter::from_blob(labels.data(), {count}, sinter::kInt64).clone()};
}

Split split(const Images& images) {
  std::vector<Tensor> kept;
  std::vector<Tensor> held_out;
  sinter::Generator generator(0);
  for (int digit = 0; digit < 10; ++digit) {
    const Tensor places = images.labels.eq(digit).nonzero().flatten();
    const std::int64_t count = places.size(0);
    const Tensor shuffled = places.index_select(0, sinter::randperm(count, generator));
    const std::int64_t fifth = std::lround(static_cast<double>(count) / 5);
    held_out.push_back(shuffled.slice(0, 0, fifth));
    kept.push_back(shuffled.slice(0, fifth, count));
  }
  const auto select = [&](const std::vector<Tensor>& places) -> Images {
    const Tensor all = sinter::cat(places);
    return {images.pixels.index_select(0, all), images.labels.index_select(0, all)};
  };
  return {select(kept), select(held_out)};
}

}  // namespace digits
