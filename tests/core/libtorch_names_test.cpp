// The names that programs for libtorch use for what Sinter also has under a name of its own.
#include <sinter/core/backend.h>
#include <sinter/core/tensor_factory.h>

#include <catch2/catch.hpp>

#include "error_message.h"

using namespace sinter;
using test::message_of;

TEST_CASE("enumerators have libtorch's names") {
  CHECK(ScalarType::Byte == kU8);
  CHECK(ScalarType::Char == kI8);
  CHECK(ScalarType::Short == kI16);
  CHECK(ScalarType::Int == kI32);
  CHECK(ScalarType::Long == kI64);
  CHECK(ScalarType::Half == kF16);
  CHECK(ScalarType::BFloat16 == kBFloat16);
  CHECK(ScalarType::Float == kF32);
  CHECK(ScalarType::Double == kF64);
  CHECK(ScalarType::Bool == kBool);
  CHECK(DeviceType::CPU == kCPU);
  CHECK(DeviceType::CUDA == kCUDA);
  CHECK(MemoryFormat::ChannelsLast == MemoryFormat::channels_last);
}

TEST_CASE("options take a type and a layout") {
  CHECK(dtype<std::int64_t>().dtype() == kLong);
  CHECK(TensorOptions().dtype<bool>().dtype() == kBool);
  const TensorOptions options = TensorOptions().dtype(kDouble).layout(kStrided);
  CHECK(options.dtype() == kDouble);
  CHECK(options.layout() == kStrided);
  CHECK(layout(kStrided).layout() == Layout::Strided);
  const Tensor x = empty_tensor("test", {2}, kFloat32);
  CHECK(x.layout() == kStrided);
  CHECK(x.is_signed());
  CHECK_FALSE(empty_tensor("test", {2}, kByte).is_signed());
  CHECK(x.mutable_data_ptr<float>() == x.data_ptr<float>());
}

TEST_CASE("a Scalar is read under libtorch's names") {
  const Scalar number = 2.5;
  CHECK(number.toDouble() == 2.5);
  CHECK(number.toFloat() == 2.5F);
  CHECK(number.toLong() == 2);
  CHECK(number.toInt() == 2);
  CHECK(number.toBool());
  CHECK(number.isFloatingPoint());
  CHECK(number.type() == kDouble);
  CHECK(Scalar(true).isBoolean());
  CHECK(Scalar(true).isIntegral(true));
  CHECK_FALSE(Scalar(true).isIntegral(false));
  CHECK(Scalar(3).isIntegral(false));
  CHECK(message_of<ValueError>([] { (void)Scalar(1e10).toInt(); }).find("[scalar]") == 0);
}

TEST_CASE("sizes are borrowed from arrays and cut") {
  const std::array<std::int64_t, 3> values{1, 2, 3};
  const IntArrayRef sizes = values;
  CHECK(sizes == IntArrayRef({1, 2, 3}));
  CHECK(sizes.slice(1) == IntArrayRef({2, 3}));
}

TEST_CASE("programs can ask for CUDA devices") {
  if (has_backend(kCUDA)) return;
  CHECK_FALSE(cuda::is_available());
  CHECK(cuda::device_count() == 0);
  CHECK(message_of<NotImplementedError>([] { cuda::synchronize(); }) ==
        "[cuda] this build has no CUDA backend; got device cuda:0");
}
