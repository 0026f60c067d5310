#include "curves.h"

#include <sinter/core/error.h>

#include <algorithm>
#include <cmath>

namespace digits {

namespace {

constexpr double kWidth = 640, kHeight = 360, kMargin = 48;
constexpr const char* kColours[] = {"#1b6ca8", "#c8553d", "#588157", "#6a4c93"};

struct Range {
  double low, high;
};

}  // namespace

std::string curves_svg(
    const std::vector<std::pair<std::string, std::vector<double>>>& losses_by_name) {
  Range range{INFINITY, -INFINITY};
  std::size_t epochs = 2;
  for (const auto& [name, losses] : losses_by_name) {
    epochs = std::max(epochs, losses.size());
    for (const double loss : losses) {
      const double value = std::log10(std::max(loss, 1e-8));
      range = {std::min(range.low, value), std::max(range.high, value)};
    }
  }
  if (!(range.low < range.high)) range = {-1, 1};
  const auto x = [&](std::size_t epoch) {
    return kMargin +
           (kWidth - 2 * kMargin) * static_cast<double>(epoch) / static_cast<double>(epochs - 1);
  };
  const auto y = [&](double loss) {
    const double share = (std::log10(std::max(loss, 1e-8)) - range.low) / (range.high - range.low);
    return kHeight - kMargin - (kHeight - 2 * kMargin) * share;
  };
  std::string out = sinter::str("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 ", kWidth,
                                " ", kHeight, "\" font-family=\"sans-serif\" font-size=\"13\">\n");
  out += sinter::str("<rect width=\"", kWidth, "\" height=\"", kHeight, "\" fill=\"white\"/>\n");
  for (int power = static_cast<int>(std::ceil(range.low)); power <= range.high; ++power) {
    const double at = y(std::pow(10.0, power));
    out +=
        sinter::str("<path d=\"M", kMargin, " ", at, "H", kWidth - kMargin,
                    "\" stroke=\"#ddd\"/><text x=\"8\" y=\"", at + 4, "\">1e", power, "</text>\n");
  }
  std::size_t line = 0;
  for (const auto& [name, losses] : losses_by_name) {
    const char* colour = kColours[line % std::size(kColours)];
    std::string points;
    for (std::size_t i = 0; i < losses.size(); ++i) {
      points += sinter::str(i == 0 ? "M" : "L", x(i), " ", y(losses[i]));
    }
    out += sinter::str("<path d=\"", points, "\" fill=\"none\" stroke-width=\"2\" stroke=\"",
                       colour, "\"/>\n");
    out += sinter::str("<text x=\"", kWidth - kMargin - 150, "\" y=\"",
                       kMargin + 18 * static_cast<double>(line), "\" fill=\"", colour, "\">", name,
                       "</text>\n");
    ++line;
  }
  out += sinter::str("<text x=\"", kWidth / 2 - 20, "\" y=\"", kHeight - 12,
                     "\">epoch</text><text x=\"8\" y=\"24\">loss</text>\n</svg>\n");
  return out;
}

}  // namespace digits
