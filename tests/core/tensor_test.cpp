#include <sinter/core/tensor.h>
#include <sinter/core/tensor_factory.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <limits>
#include <thread>
#include <vector>

#include "error_message.h"

using namespace sinter;
using test::message_of;

namespace {

Tensor counting(IntArrayRef sizes, MemoryFormat format = MemoryFormat::contiguous) {
  Tensor out = empty_tensor("test", sizes, kFloat32, {}, format);
  auto* data = static_cast<float*>(out.impl()->storage->data());
  for (std::int64_t i = 0; i < out.numel(); ++i) data[i] = static_cast<float>(i);
  return out;
}

TensorMeta strided(IntArrayRef sizes, IntArrayRef strides) {
  TensorMeta meta;
  meta.set_strided(sizes, strides, 0);
  return meta;
}

}  // namespace

TEST_CASE("an empty tensor is contiguous, aligned and owns its memory") {
  const Tensor x = empty_tensor("empty", {2, 3, 4}, kFloat64);
  CHECK(x.dim() == 3);
  CHECK(x.numel() == 24);
  CHECK(x.nbytes() == 192);
  CHECK(x.sizes() == IntArrayRef({2, 3, 4}));
  CHECK(x.strides() == IntArrayRef({12, 4, 1}));
  CHECK(x.size(-1) == 4);
  CHECK(x.stride(0) == 12);
  CHECK(x.is_contiguous());
  CHECK(reinterpret_cast<std::uintptr_t>(x.data_ptr()) % 64 == 0);
  CHECK(x._version() == 0);
  CHECK(x.storage()->nbytes() == 192);
  CHECK(x.use_count() == 1);
  CHECK(empty_tensor("empty", {0, 3}, kFloat32).data_ptr() == nullptr);
}

TEST_CASE("sizes that cannot be are refused before anything is allocated") {
  constexpr std::int64_t max = std::numeric_limits<std::int64_t>::max();
  constexpr std::int64_t min = std::numeric_limits<std::int64_t>::min();
  const auto error = [](IntArrayRef sizes, MemoryFormat format = MemoryFormat::contiguous) {
    return message_of<ValueError>([&] { empty_tensor("empty", sizes, kFloat32, {}, format); });
  };
  CHECK(error({min}) == "[empty] sizes must not be negative; got [-9223372036854775808]");
  CHECK(error({max, max}) ==
        "[empty] the number of elements exceeds 2^63 - 1; got [9223372036854775807, "
        "9223372036854775807]");
  CHECK(error({std::int64_t{1} << 62}) ==
        "[empty] the number of bytes exceeds 2^63 - 1; got 4611686018427387904 elements of f32");
  CHECK(error(std::vector<std::int64_t>(17, 1)) ==
        "[dims] a tensor has at most 16 dimensions; got 17");
  CHECK(error({2, 3}, MemoryFormat::channels_last) ==
        "[empty] channels_last needs 4 dimensions; got [2, 3]");
  CHECK(message_of<OutOfMemoryError>([] {
          empty_tensor("empty", {std::int64_t{1} << 60}, kFloat32);
        }) == "[allocate] out of memory; got 4611686018427387904 bytes");
  CHECK(message_of<NotImplementedError>([] { empty_tensor("empty", {1}, kFloat32, {kCUDA}); }) ==
        "[cuda] this build has no CUDA backend; got device cuda:0");
}

TEST_CASE("an undefined tensor throws instead of crashing") {
  const Tensor x;
  CHECK_FALSE(x.defined());
  const std::string message = "[tensor] the tensor must be defined; got an undefined tensor";
  CHECK(message_of([&] { (void)x.sizes(); }) == message);
  CHECK(message_of([&] { (void)x.strides(); }) == message);
  CHECK(message_of([&] { (void)x.data_ptr(); }) == message);
  CHECK(message_of([&] { (void)x.item(); }) == message);
  CHECK(message_of([&] { (void)x._version(); }) == message);
  CHECK(message_of([&] { (void)x.storage(); }) == message);
  CHECK(message_of([&] { (void)x.suggest_memory_format(); }) == message);
}

TEST_CASE("an error tells its message under libtorch's names too") {
  try {
    (void)Tensor().dim();
  } catch (const Error& error) {
    CHECK(error.msg() == error.what());
    CHECK(std::strcmp(error.what_without_backtrace(), error.what()) == 0);
    return;
  }
  FAIL("nothing was thrown");
}

TEST_CASE("dimension numbers out of range are refused") {
  const Tensor x = counting({2, 3});
  CHECK(message_of<IndexError>([&] { (void)x.size(2); }) ==
        "[size] dimension out of range (expected [-2, 1]); got 2");
  CHECK(message_of<IndexError>([&] { (void)x.stride(-3); }) ==
        "[stride] dimension out of range (expected [-2, 1]); got -3");
  CHECK(message_of<IndexError>([&] { (void)counting({}).size(0); }) ==
        "[size] a 0-d tensor has no dimensions; got 0");
  CHECK(message_of<IndexError>([&] { (void)counting({}).stride(0); }) ==
        "[stride] a 0-d tensor has no dimensions; got 0");
}

TEST_CASE("elements are read by type") {
  const Tensor x = counting({2, 3});
  CHECK(x.data_ptr<float>()[5] == 5);
  const auto a = x.accessor<float, 2>();
  CHECK(a[1][0] == 3);
  CHECK(message_of<TypeError>([&] { x.data_ptr<double>(); }) ==
        "[data_ptr] the element type is not the tensor's; got f64 for a tensor of f32");
  CHECK(message_of<ValueError>([&] { x.accessor<float, 3>(); }) ==
        "[accessor] expected 3 dimensions; got 2");
}

TEST_CASE("item reads the only element") {
  CHECK(wrapped_number(2.5).item<double>() == 2.5);
  CHECK(wrapped_number(true).item().is_boolean());
  CHECK(wrapped_number(7).item<std::int64_t>() == 7);
  CHECK(wrapped_number(7).impl()->wrapped_number);
  CHECK(counting({1, 1}).item<float>() == 0);
  Tensor half = empty_tensor("test", {}, kHalf);
  *half.data_ptr<Half>() = Half(0.5F);
  CHECK(half.item<double>() == 0.5);
  CHECK(message_of<ValueError>([] { (void)counting({2}).item(); }) ==
        "[item] the tensor must have one element; got sizes [2]");
  CHECK(message_of<ValueError>([] { (void)counting({0}).item(); }) ==
        "[item] the tensor must have one element; got sizes [0]");
}

TEST_CASE("a fake tensor has metadata and no elements") {
  TensorMeta meta;
  meta.set_contiguous({1});
  const Tensor fake = make_view({}, meta);
  CHECK_FALSE(fake.has_storage());
  CHECK(fake._version() == 0);
  CHECK(message_of([&] { (void)fake.data_ptr(); }) ==
        "[data_ptr] a fake tensor has no elements; got sizes [1]");
  CHECK(message_of([&] { (void)fake.item(); }) ==
        "[item] a fake tensor has no elements; got sizes [1]");
}

TEST_CASE("memory formats are recognised from strides") {
  const Tensor x = counting({2, 3, 4, 5}, MemoryFormat::channels_last);
  CHECK(x.strides() == IntArrayRef({60, 1, 15, 3}));
  CHECK_FALSE(x.is_contiguous());
  CHECK(x.is_contiguous(MemoryFormat::channels_last));
  CHECK(x.suggest_memory_format() == MemoryFormat::channels_last);
  CHECK(counting({2, 3, 4, 5}).suggest_memory_format() == MemoryFormat::contiguous);
  const Tensor pixel = counting({2, 3, 1, 1}, MemoryFormat::channels_last);
  CHECK(pixel.is_contiguous());
  CHECK(pixel.is_contiguous(MemoryFormat::channels_last));
  CHECK(counting({2, 1, 4, 5}).is_contiguous(MemoryFormat::channels_last));
  CHECK(counting({2, 1, 4, 5}).suggest_memory_format() == MemoryFormat::contiguous);
  CHECK(message_of<ValueError>([&] { (void)x.is_contiguous(MemoryFormat::preserve); }) ==
        "[is_contiguous] the format must be contiguous or channels_last; got preserve");
}

TEST_CASE("strides tell whether elements may share an address") {
  CHECK_FALSE(strided({2, 3}, {1, 2}).may_overlap());
  CHECK(strided({2, 3}, {1, 2}).non_overlapping_and_dense());
  CHECK_FALSE(strided({2, 3}, {8, 2}).may_overlap());
  CHECK_FALSE(strided({2, 3}, {8, 2}).non_overlapping_and_dense());
  CHECK(strided({2, 3}, {0, 1}).may_overlap());
  CHECK(strided({3, 3}, {1, 1}).may_overlap());
  CHECK_FALSE(strided({1, 3}, {0, 1}).may_overlap());
  CHECK_FALSE(strided({0, 3}, {0, 0}).may_overlap());
  constexpr std::int64_t huge = std::int64_t{1} << 62;
  CHECK(strided({3, 3}, {huge, huge}).may_overlap());
}

TEST_CASE("views share memory and its version") {
  const Tensor x = counting({2, 3});
  TensorMeta meta = x.impl()->meta;
  meta.set_strided({3}, {1}, 3);
  const Tensor row = make_view(x.storage(), meta);
  CHECK(row.data_ptr<float>()[0] == 3);
  row.storage()->bump_version();
  CHECK(x._version() == 1);
}

TEST_CASE("wrapped memory is given back once, with the last tensor") {
  int freed = 0;
  std::vector<float> memory(6, 1.0F);
  {
    TensorMeta meta;
    meta.set_contiguous({6});
    Tensor x = make_view(StorageImpl::wrap(memory.data(), 24, {},
                                           [&](void* data) {
                                             CHECK(data == memory.data());
                                             ++freed;
                                           }),
                         meta);
    const Tensor y = x;
    x.reset();
    CHECK(freed == 0);
    CHECK(y.data_ptr<float>() == memory.data());
  }
  CHECK(freed == 1);
  CHECK(StorageImpl::wrap(memory.data(), 24, {}, {})->data() == memory.data());
}

TEST_CASE("the flags of contiguous tensors are those that the strides give") {
  for (int code = 0; code < 256; ++code) {
    const Dims sizes{code & 3, code >> 2 & 3, code >> 4 & 3, code >> 6};
    TensorMeta direct;
    direct.set_contiguous(sizes);
    const TensorMeta general = strided(sizes, contiguous_strides(sizes));
    INFO(str(IntArrayRef(sizes)));
    CHECK(direct.contiguous == general.contiguous);
    CHECK(direct.channels_last == general.channels_last);
    CHECK(direct.numel == general.numel);
    CHECK(direct.strides == general.strides);
  }
}

TEST_CASE("tensors may live until the program ends") {
  static const Tensor small = counting({3});
  static const Tensor large = counting({1 << 20});
  CHECK(small.numel() + large.numel() == 3 + (1 << 20));
}

TEST_CASE("a free layout settles at the first look") {
  Tensor x = counting({2, 3, 4, 5}, MemoryFormat::channels_last);
  x.storage()->bump_version();
  x.impl()->meta.free_layout = true;
  const void* physical = x.impl()->data();
  CHECK(x.sizes() == IntArrayRef({2, 3, 4, 5}));
  CHECK(x.impl()->meta.free_layout);
  CHECK(x.strides() == IntArrayRef({60, 20, 5, 1}));
  CHECK_FALSE(x.impl()->meta.free_layout);
  CHECK(x.data_ptr() != physical);
  CHECK(x._version() == 1);
  const auto a = x.accessor<float, 4>();
  for (int n = 0; n < 2; ++n) {
    for (int c = 0; c < 3; ++c) {
      for (int h = 0; h < 4; ++h) {
        for (int w = 0; w < 5; ++w) {
          REQUIRE(a[n][c][h][w] == static_cast<float>(n * 60 + h * 15 + w * 3 + c));
        }
      }
    }
  }
}

TEST_CASE("a free layout that is contiguous already settles without a copy") {
  Tensor x = counting({2, 3});
  x.impl()->meta.free_layout = true;
  const void* physical = x.impl()->data();
  CHECK(x.data_ptr() == physical);
  CHECK(x.is_contiguous());
}

TEST_CASE("several threads may look at one free layout") {
  for (int round = 0; round < 50; ++round) {
    Tensor x = counting({2, 3, 4, 4}, MemoryFormat::channels_last);
    x.impl()->meta.free_layout = true;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&x] {
        if (x.stride(1) != 16 || x.data_ptr<float>()[1] != 3) std::abort();
      });
    }
    for (auto& thread : threads) thread.join();
  }
}
