#include <sinter/core/error.h>
#include <sinter/core/scalar.h>

namespace sinter {

std::int64_t Scalar::truncated() const {
  // Also false for NaN. 2^63 itself is a double, and does not fit.
  SINTER_CHECK_AS(ValueError, double_ >= -0x1p63 && double_ < 0x1p63,
                  "[scalar] the number does not fit int64; got ", double_);
  return static_cast<std::int64_t>(double_);
}

void Scalar::throw_too_large(std::uint64_t value) {
  fail<ValueError>("[scalar] the number does not fit int64; got ", value);
}

void Scalar::throw_out_of_range(int digits, bool is_signed) const {
  fail<ValueError>("[scalar] the number does not fit ", is_signed ? "int" : "uint",
                   digits + (is_signed ? 1 : 0), "; got ", *this);
}

}  // namespace sinter
