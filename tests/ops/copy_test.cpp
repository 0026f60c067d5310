#include <sinter/sinter.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "arrays.h"
#include "op_suite.h"

namespace sinter::testing {
namespace {

const double kInf = std::numeric_limits<double>::infinity();

std::vector<double> cast_to(const std::vector<double>& numbers, DType from, DType to) {
  return to_doubles(tensor(numbers, kFloat64).to(from).to(to));
}

bool is_free(const Tensor& x) { return x.impl()->meta.free_layout; }

}  // namespace

TEST_CASE("numbers that an integer cannot hold convert without surprises") {
  for (const DType from : {kFloat32, kFloat64}) {
    INFO(name(from));
    CHECK(cast_to({NAN, kInf, -kInf, 1e30}, from, kInt64) ==
          std::vector<double>{0, 0x1p63, -0x1p63, 0x1p63});
    CHECK(cast_to({-1.9, 1.9, -0.5}, from, kInt64) == std::vector<double>{-1, 1, 0});
    CHECK(cast_to({300, -1, 256.7}, from, kUInt8) == std::vector<double>{44, 255, 0});
    CHECK(cast_to({NAN, 0, -0.0, 0.1, kInf}, from, kBool) == std::vector<double>{1, 0, 0, 1, 1});
  }
  CHECK(cast_to({65520, -65520, 65519}, kFloat32, kFloat16) ==
        std::vector<double>{kInf, -kInf, 65504});
  CHECK(cast_to({1e300}, kFloat64, kFloat32) == std::vector<double>{kInf});
  CHECK(cast_to({129}, kInt64, kInt8) == std::vector<double>{-127});
}

TEST_CASE("every f16 survives the way through f32") {
  std::vector<std::int16_t> bits(1 << 16);
  for (std::size_t i = 0; i < bits.size(); ++i) {
    bits[i] = static_cast<std::int16_t>(static_cast<std::uint16_t>(i));
  }
  const Tensor halves = tensor(bits, kInt16).view(kFloat16);
  const Tensor back = halves.to(kFloat32).to(kFloat16);
  const auto* a = static_cast<const std::uint16_t*>(halves.data_ptr());
  const auto* b = static_cast<const std::uint16_t*>(back.data_ptr());
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < bits.size(); ++i) {
    const bool nan = (a[i] & 0x7fffU) > 0x7c00U;
    wrong += nan ? ((b[i] & 0x7fffU) <= 0x7c00U ? 1 : 0) : (a[i] != b[i] ? 1 : 0);
  }
  CHECK(wrong == 0);
}

TEST_CASE("all pairs of dtypes convert strided and contiguous elements alike") {
  const Tensor wide = values({40, 55});
  for (const DType from : all_dtypes()) {
    const Tensor x = wide.to(from);
    for (const DType to : all_dtypes()) {
      INFO(name(from) << " to " << name(to));
      const Tensor want = x.to(to);
      CHECK(want.dtype() == to);
      CHECK(to_bytes(with_gaps(x).to(to)) == to_bytes(want));
      CHECK(to_bytes(with_reversed_strides(x).to(to)) == to_bytes(want));
      Tensor target = with_gaps(zeros({40, 55}, to));
      target.copy_(x);
      CHECK(to_bytes(target) == to_bytes(want));
    }
  }
}

TEST_CASE("clone keeps the strides of dense tensors") {
  const Tensor x = values({2, 3, 4, 5});
  const auto strides = [](const Tensor& t) { return t.clone().strides().vec(); };
  CHECK(strides(x.permute({3, 0, 2, 1})) == x.permute({3, 0, 2, 1}).strides().vec());
  CHECK(strides(in_channels_last(x)) == Index{60, 1, 15, 3});
  CHECK(strides(x.slice(1, 0, 2)) == Index{40, 20, 5, 1});
  CHECK(strides(values({1, 3}).expand({2, 3})) == Index{3, 1});
  CHECK(x.clone(MemoryFormat::channels_last).strides().vec() == Index{60, 1, 15, 3});
  CHECK(in_channels_last(x).clone(MemoryFormat::contiguous).is_contiguous());
  CHECK_FALSE(x.clone().storage() == x.storage());
}

TEST_CASE("copies and conversions leave a free layout free") {
  const Tensor x = in_free_layout(values({2, 3, 4, 5}));
  const Tensor copy = x.clone();
  CHECK(is_free(x));
  CHECK(is_free(copy));
  CHECK(is_free(x.to(kFloat32)));
  CHECK(is_free(zeros_like(x)));
  const Tensor last = x.contiguous(MemoryFormat::channels_last);
  CHECK(is_free(x));
  CHECK(last.strides().vec() == Index{60, 1, 15, 3});
  CHECK(to_doubles(last) == Array(values({2, 3, 4, 5})).values);
  CHECK(x.contiguous().is_same(x));
  CHECK(x.is_contiguous());
}

TEST_CASE("contiguous and to return the tensor itself when there is nothing to do") {
  const Tensor x = values({2, 3});
  CHECK(x.contiguous().is_same(x));
  CHECK(x.to(kFloat64).is_same(x));
  CHECK(x.to(kCPU).is_same(x));
  CHECK(x.cpu().is_same(x));
  CHECK(x.to(x).is_same(x));
  CHECK(x.toType(kFloat64).is_same(x));
  CHECK_FALSE(x.to(kFloat64, false, true).is_same(x));
  CHECK_FALSE(x.t().contiguous().is_same(x));
  CHECK(x.to(kCPU, kInt32).dtype() == kInt32);
  CHECK(x.to(TensorOptions(kFloat32).device(kCPU)).dtype() == kFloat32);
  CHECK(x.t().to(kFloat32).strides().vec() == Index{1, 3});
  CHECK(x.t().to(kFloat32, false, false, MemoryFormat::contiguous).is_contiguous());
  CHECK(values({1, 2, 3, 4})
            .to(MemoryFormat::channels_last)
            .is_contiguous(MemoryFormat::channels_last));
}

TEST_CASE("copy_ broadcasts, converts, and may copy a tensor onto itself") {
  Tensor x = zeros({2, 3}, kInt32);
  x.copy_(tensor({1.5, -2.5, 3.0}));
  CHECK(to_doubles(x) == std::vector<double>{1, -2, 3, 1, -2, 3});
  CHECK(x._version() == 1);
  x.copy_(x);
  CHECK(to_doubles(x) == std::vector<double>{1, -2, 3, 1, -2, 3});
  x.t().copy_(x.clone().t());
  CHECK(to_doubles(x) == std::vector<double>{1, -2, 3, 1, -2, 3});
  CHECK_THROWS_AS(Tensor().copy_(x), Error);
  CHECK_THROWS_AS(x.copy_(Tensor()), Error);
}

TEST_CASE("gradients follow copies into other dtypes") {
  const Tensor source = tensor({1.0, 2.0, 3.0}, requires_grad());
  const Tensor self = zeros({2, 3}, kFloat64).requires_grad_();
  Tensor target = self * 2;
  target.copy_(source);
  (target * target).sum().backward();
  CHECK(source.grad().dtype() == kFloat32);
  CHECK(to_doubles(source.grad()) == std::vector<double>{4, 8, 12});
  CHECK(to_doubles(self.grad()) == std::vector<double>(6, 0));
  CHECK_FALSE(source.to(kInt64).requires_grad());
}

}  // namespace sinter::testing
