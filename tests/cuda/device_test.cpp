// Tensors on a device: memory, copies, streams and errors.
#include <sinter/core/backend.h>
#include <sinter/cuda/allocator.h>
#include <sinter/cuda/runtime.h>
#include <sinter/sinter.h>

#include <catch2/catch.hpp>

#include "compare.h"

namespace sinter {
namespace {

template <class F>
std::string message_of(F&& fn) {
  try {
    fn();
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing was thrown";
}

}  // namespace

TEST_CASE("a tensor goes to the device and comes back unchanged") {
  REQUIRE(cuda::is_available());
  const Tensor x = rand({3, 5});
  const Tensor there = x.to(kCUDA);
  CHECK(there.is_cuda());
  CHECK(there.device().str() == "cuda:0");
  testing::compare_devices({there}, {x}, 0);
  CHECK(there.sum().item<float>() == Approx(x.sum().item<float>()));
}

TEST_CASE("views of a device tensor are read where they lie") {
  const Tensor x = arange(24, kFloat32).reshape({2, 3, 4});
  const Tensor there = x.to(kCUDA);
  testing::compare_devices({there.transpose(0, 2).contiguous(), there.slice(2, 1, 4, 2) + 1},
                           {x.transpose(0, 2).contiguous(), x.slice(2, 1, 4, 2) + 1}, 0);
}

TEST_CASE("tensors are made on the device") {
  const TensorOptions there = TensorOptions(kFloat32).device(kCUDA);
  const Tensor x = empty({2, 3}, there);
  CHECK((x.is_cuda() && empty_like(x).is_cuda()));
  testing::compare_devices({full({2, 3}, 7, there), zeros_like(x), arange(2, 9, 3, there)},
                           {full({2, 3}, 7.0F), zeros({2, 3}), arange(2, 9, 3, kFloat32)}, 0);
}

TEST_CASE("the allocator keeps blocks, counts them, and gives them back") {
  cuda_allocator::empty_cache(0);
  const AllocatorStats before = cuda_allocator::stats(0);
  {
    const Tensor x = empty({1000}, TensorOptions(kFloat32).device(kCUDA));
    const AllocatorStats held = cuda_allocator::stats(0);
    CHECK(held.current_bytes == before.current_bytes + 4096);
    CHECK(held.system_allocations == before.system_allocations + 1);
  }
  { const Tensor y = empty({900}, TensorOptions(kFloat32).device(kCUDA)); }
  const AllocatorStats after = cuda_allocator::stats(0);
  CHECK(after.current_bytes == before.current_bytes);
  CHECK(after.cached_bytes >= 3584);
  cuda_allocator::empty_cache(0);
  CHECK(cuda_allocator::stats(0).cached_bytes == 0);
}

TEST_CASE("a request that the device cannot hold is an OutOfMemoryError") {
  CHECK_THROWS_AS(empty({std::int64_t{1} << 40}, TensorOptions(kFloat32).device(kCUDA)),
                  OutOfMemoryError);
  CHECK(message_of([] { empty({std::int64_t{1} << 40}, TensorOptions(kFloat32).device(kCUDA)); }) ==
        "[allocate] out of memory on cuda:0; got 4398046511104 bytes");
}

TEST_CASE("a device that is not there is an Error that says so") {
  CHECK_THAT(message_of([] { ones({2}).to(Device(kCUDA, 77)); }),
             Catch::Contains("[cuda] the device must be one of the") && Catch::Contains("cuda:77"));
}

TEST_CASE("an op without a CUDA kernel names itself and the device") {
  const Tensor x = ones({3}).to(kCUDA);
  CHECK(message_of([&] { x.cumsum(0); }) == "[cumsum] has no kernel for this device; got cuda:0");
}

TEST_CASE("tensors of two devices do not mix, but numbers go with both") {
  const Tensor x = ones({3}).to(kCUDA);
  CHECK(message_of([&] { x + ones({3}); }) ==
        "[add] tensors must be on one device; got cuda:0 and cpu");
  testing::compare_devices({x * 2, 1 - x, x + tensor(0.5F)},
                           {full({3}, 2.0F), zeros({3}), full({3}, 1.5F)}, 0);
}

TEST_CASE("work in another stream waits for what it is told to") {
  const cuda::Stream stream = cuda::Stream::create(0);
  const Tensor x = ones({64}).to(kCUDA);
  const Tensor doubled = x + x;
  Tensor result;
  {
    stream.wait(cuda::Stream());
    const cuda::StreamScope scope(stream);
    result = doubled * 3;
  }
  stream.synchronize();
  testing::compare_devices({result}, {full({64}, 6.0F)}, 0);
}

TEST_CASE("an integer division by zero is an error on the device too") {
  const Tensor a = tensor({1, 2}).to(kCUDA), b = tensor({1, 0}).to(kCUDA);
  CHECK(message_of([&] { a.floor_divide(b); }) == "[floor_divide] integer division by zero");
}

}  // namespace sinter
