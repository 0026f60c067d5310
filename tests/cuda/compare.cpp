#include "compare.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "op_suite.h"

namespace sinter::testing {

namespace {

bool close(double got, double want, double tolerance) {
  if (std::isnan(want)) return std::isnan(got);
  if (std::isinf(want) || std::isinf(got)) return got == want;
  return std::abs(got - want) <= tolerance * std::max(1.0, std::abs(want));
}

}  // namespace

void compare_devices(const Tensors& got, const Tensors& want, double tolerance) {
  REQUIRE(got.size() == want.size());
  for (std::size_t k = 0; k < got.size(); ++k) {
    INFO("output " << k);
    REQUIRE(got[k].defined() == want[k].defined());
    if (!want[k].defined()) continue;
    REQUIRE(got[k].sizes().vec() == want[k].sizes().vec());
    REQUIRE(got[k].dtype() == want[k].dtype());
    const std::vector<double> a = to_doubles(got[k].detach().to(kCPU));
    const std::vector<double> b = to_doubles(want[k].detach());
    for (std::size_t i = 0; i < a.size(); ++i) {
      if (close(a[i], b[i], tolerance)) continue;
      FAIL("element " << i << " is " << a[i] << ", should be " << b[i]);
    }
  }
  SUCCEED();
}

Tensors on_device(const Tensors& tensors, Device device) {
  Tensors out;
  for (const Tensor& t : tensors) out.push_back(t.defined() ? t.to(device) : t);
  return out;
}

double device_tolerance(DType dtype) {
  switch (dtype) {
    case DType::f64:
      return 1e-12;
    case DType::f32:
      return 1e-5;
    case DType::f16:
      return 2e-3;
    case DType::bf16:
      return 1.6e-2;
    default:
      return 0;
  }
}

}  // namespace sinter::testing
