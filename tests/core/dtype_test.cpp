#include <sinter/core/device.h>
#include <sinter/core/dtype.h>
#include <sinter/core/scalar.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "error_message.h"

using namespace sinter;
using test::message_of;

namespace {

constexpr DType kAll[kNumDTypes] = {kUInt8,   kInt8,     kInt16,   kInt32,   kInt64,
                                    kFloat16, kBFloat16, kFloat32, kFloat64, kBool};

// torch.promote_types of each pair, rows and columns in the order of kAll.
constexpr std::string_view kPromotion[kNumDTypes][kNumDTypes] = {
    {"u8", "i16", "i16", "i32", "i64", "f16", "bf16", "f32", "f64", "u8"},
    {"i16", "i8", "i16", "i32", "i64", "f16", "bf16", "f32", "f64", "i8"},
    {"i16", "i16", "i16", "i32", "i64", "f16", "bf16", "f32", "f64", "i16"},
    {"i32", "i32", "i32", "i32", "i64", "f16", "bf16", "f32", "f64", "i32"},
    {"i64", "i64", "i64", "i64", "i64", "f16", "bf16", "f32", "f64", "i64"},
    {"f16", "f16", "f16", "f16", "f16", "f16", "f32", "f32", "f64", "f16"},
    {"bf16", "bf16", "bf16", "bf16", "bf16", "f32", "bf16", "f32", "f64", "bf16"},
    {"f32", "f32", "f32", "f32", "f32", "f32", "f32", "f32", "f64", "f32"},
    {"f64", "f64", "f64", "f64", "f64", "f64", "f64", "f64", "f64", "f64"},
    {"u8", "i8", "i16", "i32", "i64", "f16", "bf16", "f32", "f64", "bool"}};

}  // namespace

TEST_CASE("two dtypes promote as PyTorch's table says") {
  for (std::size_t i = 0; i < kNumDTypes; ++i) {
    for (std::size_t j = 0; j < kNumDTypes; ++j) {
      INFO(name(kAll[i]) << " with " << name(kAll[j]));
      CHECK(name(promote_types(kAll[i], kAll[j])) == kPromotion[i][j]);
    }
  }
}

TEST_CASE("dtypes know their size, category and names") {
  CHECK(element_size(kBool) == 1);
  CHECK(element_size(kBFloat16) == 2);
  CHECK(element_size(kFloat64) == 8);
  CHECK(is_floating_point(kHalf));
  CHECK_FALSE(is_floating_point(kBool));
  CHECK_FALSE(is_integral(kBool));
  CHECK(is_integral(kBool, true));
  CHECK(cpp_name(kInt64) == "Long");
  for (const DType dtype : kAll) {
    const std::size_t size = visit_dtype(dtype, []<class T>() { return sizeof(T); });
    CHECK(size == element_size(dtype));
    CHECK(visit_dtype(dtype, []<class T>() { return dtype_of<T>; }) == dtype);
  }
}

TEST_CASE("only a floating point dtype can be the default") {
  CHECK(get_default_dtype() == kFloat32);
  set_default_dtype(kFloat64);
  CHECK(get_default_dtype() == kFloat64);
  CHECK(message_of<TypeError>([] { set_default_dtype(kInt64); }) ==
        "[set_default_dtype] only floating point dtypes can be the default; got i64");
  CHECK(get_default_dtype() == kFloat64);
  set_default_dtype(kFloat32);
}

TEST_CASE("16-bit floats survive the way to float and back, bit for bit") {
  for (unsigned bits = 0; bits < 65536; ++bits) {
    Half half;
    half.bits = static_cast<std::uint16_t>(bits);
    BFloat16 bfloat;
    bfloat.bits = static_cast<std::uint16_t>(bits);
    if (!std::isnan(static_cast<float>(half))) REQUIRE(Half(static_cast<float>(half)).bits == bits);
    if (!std::isnan(static_cast<float>(bfloat))) {
      REQUIRE(BFloat16(static_cast<float>(bfloat)).bits == bits);
    }
  }
}

TEST_CASE("16-bit floats round to nearest, ties to even") {
  CHECK(Half(1.0F + 0x1p-11F).bits == 0x3c00);
  CHECK(Half(1.0F + 3 * 0x1p-11F).bits == 0x3c02);
  CHECK(Half(1.0F + 0x1.2p-11F).bits == 0x3c01);
  CHECK(Half(65519.0F).bits == 0x7bff);
  CHECK(Half(65520.0F).bits == 0x7c00);
  CHECK(Half(0x1p-25F).bits == 0);
  CHECK(Half(0x1.8p-25F).bits == 1);
  CHECK(Half(-0.0F).bits == 0x8000);
  CHECK(std::isnan(static_cast<float>(Half(std::nanf("")))));
  CHECK(BFloat16(1.0F + 0x1p-8F).bits == 0x3f80);
  CHECK(BFloat16(1.0F + 3 * 0x1p-8F).bits == 0x3f82);
  CHECK(std::isnan(static_cast<float>(BFloat16(std::nanf("")))));
  CHECK(std::isinf(static_cast<float>(BFloat16(std::numeric_limits<float>::max()))));
}

TEST_CASE("a device is written as its name, and read from it") {
  CHECK(Device().str() == "cpu");
  CHECK(Device("cuda") == Device(kCUDA, 0));
  CHECK(Device("cuda:17").index() == 17);
  CHECK(Device("cuda:17").str() == "cuda:17");
  CHECK(Device(kCPU, 3) == Device());
  for (const char* text :
       {"", "gpu", "cuda:", "cuda:-1", "cuda:128", "cuda:1x", "cuda:01", "CPU"}) {
    CHECK(message_of<ValueError>([&] { Device{std::string_view(text)}; }) ==
          str("[device] expected \"cpu\", \"cuda\" or \"cuda:N\" with N below 128; got \"", text,
              "\""));
  }
  CHECK(message_of<ValueError>([] { Device(kCUDA, 300); }) ==
        "[device] the index must be below 128; got 300");
}

TEST_CASE("a scalar keeps the category of its number") {
  CHECK(Scalar(true).dtype() == kBool);
  CHECK(Scalar(3).dtype() == kInt64);
  CHECK(Scalar(3.0F).dtype() == kFloat64);
  CHECK(Scalar(Half(1.5F)).to_double() == 1.5);
  CHECK(Scalar(2.9).to_int() == 2);
  CHECK(Scalar(-2.9).to<int>() == -2);
  CHECK(Scalar(0.5).to<bool>());
  CHECK(static_cast<float>(Scalar(0.1).to<BFloat16>()) == Approx(0.1).epsilon(0.01));
  CHECK(Scalar(1) == Scalar(1));
  CHECK_FALSE(Scalar(1) == Scalar(1.0));
  CHECK(str(Scalar(true), " ", Scalar(-7), " ", Scalar(0.25)) == "true -7 0.25");
}

TEST_CASE("a scalar that does not fit an integer type is refused") {
  CHECK(message_of<ValueError>([] { Scalar(300).to<std::uint8_t>(); }) ==
        "[scalar] the number does not fit uint8; got 300");
  CHECK(message_of<ValueError>([] { Scalar(-129).to<std::int8_t>(); }) ==
        "[scalar] the number does not fit int8; got -129");
  CHECK(message_of<ValueError>([] { Scalar(-1).to<std::uint64_t>(); }) ==
        "[scalar] the number does not fit uint64; got -1");
  CHECK(message_of<ValueError>([] { Scalar(0x1p63).to_int(); }) ==
        "[scalar] the number does not fit int64; got 9223372036854775808");
  CHECK(message_of<ValueError>([] { Scalar(std::nan("")).to_int(); }) ==
        "[scalar] the number does not fit int64; got nan");
  CHECK(Scalar(-0x1p63).to_int() == std::numeric_limits<std::int64_t>::min());
  CHECK(message_of<ValueError>([] { Scalar(std::numeric_limits<std::uint64_t>::max()); }) ==
        "[scalar] the number does not fit int64; got 18446744073709551615");
}
