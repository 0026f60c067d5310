// Words of pretty_print.
#pragma once
#include <sinter/core/print.h>
#include <sinter/nn/expanding_array.h>

#include <ostream>

namespace sinter::nn::detail {

inline const char* word(bool value) { return value ? "true" : "false"; }

}  // namespace sinter::nn::detail
