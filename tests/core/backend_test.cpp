#include <sinter/core/allocator.h>
#include <sinter/core/backend.h>
#include <sinter/core/tensor_factory.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <cstring>

#include "error_message.h"

using namespace sinter;
using test::message_of;

namespace {

int live_blocks = 0;

// A device whose memory is the host's.
DeviceBackend stand_in() {
  DeviceBackend backend;
  backend.allocate = [](int, std::size_t bytes) {
    ++live_blocks;
    return std::malloc(bytes);
  };
  backend.deallocate = [](int, void* block, std::size_t) {
    --live_blocks;
    std::free(block);
  };
  backend.copy = [](void* to, Device, const void* from, Device, std::size_t bytes) {
    std::memcpy(to, from, bytes);
  };
  return backend;
}

}  // namespace

TEST_CASE("a device without a backend says so, and one with a backend holds tensors") {
  CHECK(message_of<NotImplementedError>([] { backend(kCPU); }) ==
        "[cpu] this build has no CPU backend; got device cpu");
  if (has_backend(kCUDA)) return;
  CHECK(message_of<NotImplementedError>([] { backend(Device("cuda:3")); }) ==
        "[cuda] this build has no CUDA backend; got device cuda:3");

  register_backend(kCUDA, stand_in());
  CHECK(has_backend(kCUDA));
  {
    const Tensor x = empty_tensor("test", {2}, kFloat32, Device(kCUDA, 1));
    CHECK(live_blocks == 1);
    CHECK(x.device() == Device("cuda:1"));
    static_cast<float*>(x.data_ptr())[0] = 1.5F;
    static_cast<float*>(x.data_ptr())[1] = 2.5F;
    CHECK(x.str() == " 1.5000\n 2.5000\n[ CUDAFloatType{2} ]");
    TensorMeta meta = x.impl()->meta;
    meta.set_strided({}, {}, 1);
    CHECK(make_view(x.storage(), meta).item<float>() == 2.5F);
    Tensor image = empty_tensor("test", {1, 2, 2, 2}, kFloat32, kCUDA, MemoryFormat::channels_last);
    image.impl()->meta.free_layout = true;
    CHECK(message_of<NotImplementedError>([&] { (void)image.strides(); }) ==
          "[settle] the device must be able to copy between layouts; got cuda:0");
  }
  CHECK(live_blocks == 0);
  register_backend(kCUDA, {});
  CHECK_FALSE(has_backend(kCUDA));
}
