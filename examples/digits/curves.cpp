#include "curves.h"

#include <sinter/core/error.h>

#include <algorithm>
#include <cmath>
#include <iterator>

using sinter::str;

namespace digits {

namespace {

constexpr double kWidth = 640, kHeight = 360, kMargin = 48;
constexpr const char* kColours[] = {"#1b6ca8", "#c8553d", "#588157", "#6a4c93"};

double magnitude(double loss) { return std::log10(std::max(loss, 1e-8)); }

// Where losses and epochs lie in the picture.
class Scale {
 public:
  explicit Scale(const std::vector<Curve>& curves) {
    for (const Curve& curve : curves) {
      last_epoch_ = std::max(last_epoch_, static_cast<double>(curve.losses.size()) - 1);
      for (const double loss : curve.losses) {
        low_ = std::min(low_, std::floor(magnitude(loss)));
        high_ = std::max(high_, std::ceil(magnitude(loss)));
      }
    }
    if (low_ >= high_) high_ = low_ + 1;
  }

  // The powers of ten at the edges.
  double low() const { return low_; }
  double high() const { return high_; }
  double x(double epoch) const { return kMargin + (kWidth - 2 * kMargin) * epoch / last_epoch_; }
  double y(double power) const {
    const double share = (power - low_) / (high_ - low_);
    return kHeight - kMargin - (kHeight - 2 * kMargin) * share;
  }

 private:
  double last_epoch_ = 1;
  double low_ = INFINITY;
  double high_ = -INFINITY;
};

std::string grid(const Scale& scale) {
  std::string out;
  for (double power = scale.low(); power <= scale.high(); ++power) {
    const double y = scale.y(power);
    out += str("<path d=\"M", kMargin, " ", y, "H", kWidth - kMargin, "\" stroke=\"#ddd\"/>");
    out += str("<text x=\"8\" y=\"", y + 4, "\">1e", power, "</text>\n");
  }
  return out;
}

std::string line(const Curve& curve, std::size_t place, const Scale& scale) {
  const char* colour = kColours[place % std::size(kColours)];
  const double width = place < 3 ? 6 - 2 * static_cast<double>(place) : 2;
  std::string points;
  for (std::size_t i = 0; i < curve.losses.size(); ++i) {
    points += str(i == 0 ? "M" : "L", scale.x(static_cast<double>(i)), " ",
                  scale.y(magnitude(curve.losses[i])));
  }
  return str("<path d=\"", points, "\" fill=\"none\" stroke-width=\"", width, "\" stroke=\"",
             colour, "\"/>\n<text x=\"", kWidth - kMargin - 100, "\" y=\"",
             kMargin + 18 * static_cast<double>(place), "\" fill=\"", colour, "\">", curve.name,
             "</text>\n");
}

}  // namespace

std::string curves_svg(const std::vector<Curve>& curves) {
  const Scale scale(curves);
  std::string out = str("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 ", kWidth, " ",
                        kHeight, "\" font-family=\"sans-serif\" font-size=\"13\">\n");
  out += str("<rect width=\"", kWidth, "\" height=\"", kHeight, "\" fill=\"white\"/>\n");
  out += grid(scale);
  for (std::size_t i = 0; i < curves.size(); ++i) out += line(curves[i], i, scale);
  out += str("<text x=\"", kWidth / 2 - 20, "\" y=\"", kHeight - 12, "\">epoch</text>");
  return out + "<text x=\"8\" y=\"24\">loss</text>\n</svg>\n";
}

}  // namespace digits
