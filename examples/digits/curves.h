// Training curves as a picture.
#pragma once
#include <string>
#include <utility>
#include <vector>

namespace digits {

// An SVG of lines over epochs, each with its name: losses, on a logarithmic scale.
std::string curves_svg(
    const std::vector<std::pair<std::string, std::vector<double>>>& losses_by_name);

}  // namespace digits
