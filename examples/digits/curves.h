// Training curves as a picture.
#pragma once
#include <string>
#include <vector>

namespace digits {

struct Curve {
  std::string name;
  std::vector<double> losses;  // of each epoch
};

// An SVG of lines over epochs, each with its name, on a logarithmic scale. Earlier lines are wider,
// so that lines that lie on one another are seen.
std::string curves_svg(const std::vector<Curve>& curves);

}  // namespace digits
