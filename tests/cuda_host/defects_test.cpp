// Each check of the interpreter fires on a kernel with that defect, in every order of threads, and
// on no correct kernel.
#include <dlfcn.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <numeric>
#include <string>
#include <vector>

#include "defects.h"

using sinter::cuda_host::launch_defect;

namespace {

constexpr int kCount = 1000;
constexpr const char* kOrders[] = {"forward", "backward", "random"};

// A failure is for good, as on a device; the stand-in can forget it.
void recover() {
  using Recover = void (*)();
  const auto fn = reinterpret_cast<Recover>(dlsym(RTLD_DEFAULT, "sinter_cuda_host_recover"));
  if (fn != nullptr) fn();
}

// Device arrays a (0, 1, 2, ...) and b (zeros), and what became of b.
class Arrays {
 public:
  Arrays() {
    host_.resize(kCount);
    std::iota(host_.begin(), host_.end(), 0.0F);
    const std::vector<float> zeros(kCount);
    REQUIRE(cudaMalloc(&a_, bytes()) == cudaSuccess);
    REQUIRE(cudaMalloc(&b_, bytes()) == cudaSuccess);
    REQUIRE(cudaMemcpy(a_, host_.data(), bytes(), cudaMemcpyDefault) == cudaSuccess);
    REQUIRE(cudaMemcpy(b_, zeros.data(), bytes(), cudaMemcpyDefault) == cudaSuccess);
  }
  ~Arrays() {
    recover();
    cudaFree(a_);
    cudaFree(b_);
  }
  cudaError_t run(const char* name) {
    launch_defect(name, static_cast<float*>(a_), static_cast<float*>(b_));
    const cudaError_t launched = cudaGetLastError();
    return launched != cudaSuccess ? launched : cudaDeviceSynchronize();
  }
  std::vector<float> result() {
    REQUIRE(cudaMemcpy(host_.data(), b_, bytes(), cudaMemcpyDefault) == cudaSuccess);
    return host_;
  }

 private:
  static std::size_t bytes() { return kCount * sizeof(float); }
  void *a_ = nullptr, *b_ = nullptr;
  std::vector<float> host_;
};

void check_defect(const char* kernel, const std::string& message) {
  for (const char* order : kOrders) {
    setenv("SINTER_PTX_ORDER", order, 1);
    INFO(kernel << ", " << order);
    Arrays arrays;
    const cudaError_t status = arrays.run(kernel);
    CHECK(status == cudaErrorLaunchFailure);
    CHECK_THAT(cudaGetErrorString(status), Catch::Contains(message) && Catch::Contains("line"));
  }
}

}  // namespace

TEST_CASE("correct kernels run clean, and right, in every order of threads") {
  for (const char* order : kOrders) {
    setenv("SINTER_PTX_ORDER", order, 1);
    INFO(order);
    {
      Arrays arrays;
      REQUIRE(arrays.run("sum_block") == cudaSuccess);
      const std::vector<float> b = arrays.result();
      CHECK(b[0] + b[1] + b[2] + b[3] == 499500.0F);
    }
    {
      Arrays arrays;
      REQUIRE(arrays.run("swap_in_warp") == cudaSuccess);
      const std::vector<float> b = arrays.result();
      CHECK((b[0] == 1.0F && b[1] == 0.0F && b[31] == 30.0F));
    }
    Arrays arrays;
    REQUIRE(arrays.run("count_threads") == cudaSuccess);
    CHECK(arrays.result()[0] == 8.0F);
  }
}

TEST_CASE("a missing barrier is a race on shared memory") {
  check_defect("sum_block without barriers", "race on shared memory");
}
TEST_CASE("a missing __syncwarp is a race on shared memory") {
  // Where a thread's neighbour has not run yet it reads what was never written.
  check_defect("swap_in_warp without __syncwarp", "");
}
TEST_CASE("a missing atomic is a race on global memory") {
  check_defect("count_threads without atomics", "race on global memory");
}
TEST_CASE("blocks that read what others write race") {
  check_defect("shift_in_place", "race on global memory");
}
TEST_CASE("reading past the end of an allocation is caught") {
  check_defect("read_past_end", "global read out of bounds");
}
TEST_CASE("writing past the end of an allocation is caught") {
  check_defect("write_past_end", "global write out of bounds");
}
TEST_CASE("a misaligned access is caught") {
  check_defect("misaligned", "misaligned write of 16 bytes");
}
TEST_CASE("an access past static shared memory is caught") {
  check_defect("shared_past_end", "shared write out of bounds");
}
TEST_CASE("an access past dynamic shared memory is caught") {
  check_defect("dynamic_shared_past_end", "shared write out of bounds");
}
TEST_CASE("shared memory that nobody wrote is caught when it is read") {
  check_defect("shared_not_written", "shared memory is read before it was written");
}
TEST_CASE("threads that wait at two barriers are caught") {
  check_defect("barriers_at_two_places", "divergent barrier");
}
TEST_CASE("a barrier that some threads never reach is caught") {
  check_defect("barrier_after_exit", "barrier reached by 40 of 64 threads");
}
TEST_CASE("a shuffle without all lanes of its mask is caught") {
  check_defect("shuffle_without_all_lanes", "mask");
}
TEST_CASE("a trap is caught") { check_defect("traps", "trap"); }

TEST_CASE("a launch of too many threads is refused") {
  Arrays arrays;
  CHECK(arrays.run("too many threads") == cudaErrorInvalidConfiguration);
}

TEST_CASE("work that nobody waited for has not happened yet") {
  setenv("SINTER_PTX_ORDER", "random", 1);
  Arrays arrays;
  cudaStream_t stream = nullptr;
  REQUIRE(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking) == cudaSuccess);
  std::vector<float> host(kCount, -1.0F);
  void* device = nullptr;
  REQUIRE(cudaMalloc(&device, 4) == cudaSuccess);
  REQUIRE(cudaMemsetAsync(device, 0, 4, stream) == cudaSuccess);
  REQUIRE(cudaMemcpyAsync(host.data(), device, 4, cudaMemcpyDefault, stream) == cudaSuccess);
  CHECK(host[0] == -1.0F);
  REQUIRE(cudaStreamSynchronize(stream) == cudaSuccess);
  CHECK(host[0] == 0.0F);
  cudaFree(device);
  cudaStreamDestroy(stream);
}
