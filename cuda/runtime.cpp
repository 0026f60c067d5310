#include <sinter/core/device.h>
#include <sinter/cuda/runtime.h>

#include <array>
#include <atomic>
#include <utility>

namespace sinter::cuda {

namespace {

thread_local std::array<cudaStream_t, kMaxDevices> g_current{};

}  // namespace

void check(cudaError_t status, const char* call) {
  if (status == cudaSuccess) [[likely]]
    return;
  cudaGetLastError();  // so that the next call does not report it again
  const std::string message = str("[cuda] ", call, " failed; got ", cudaGetErrorName(status), ": ",
                                  cudaGetErrorString(status));
  if (status == cudaErrorMemoryAllocation) throw OutOfMemoryError(message);
  throw Error(message);
}

int device_total() {
  int count = 0;
  if (cudaGetDeviceCount(&count) == cudaSuccess) return count;
  cudaGetLastError();
  return 0;
}

DeviceScope::DeviceScope(int index) {
  const int total = device_total();
  SINTER_CHECK(index >= 0 && index < total, "[cuda] the device must be one of the ", total,
               " that the driver reports; got cuda:", index);
  SINTER_CUDA_CHECK(cudaGetDevice(&before_));
  if (before_ != index) SINTER_CUDA_CHECK(cudaSetDevice(index));
}

DeviceScope::~DeviceScope() { cudaSetDevice(before_); }

struct Stream::Shared {
  cudaStream_t handle = nullptr;
  int device = 0;
  std::atomic<int> users{1};
};

Stream Stream::create(int device) {
  const DeviceScope scope(device);
  cudaStream_t handle = nullptr;
  SINTER_CUDA_CHECK(cudaStreamCreateWithFlags(&handle, cudaStreamNonBlocking));
  Stream stream;
  stream.shared_ = new Shared{handle, device};
  return stream;
}

Stream::Stream(const Stream& other) : shared_(other.shared_) {
  if (shared_ != nullptr) shared_->users.fetch_add(1, std::memory_order_relaxed);
}
Stream::Stream(Stream&& other) noexcept : shared_(std::exchange(other.shared_, nullptr)) {}
Stream& Stream::operator=(Stream other) noexcept {
  std::swap(shared_, other.shared_);
  return *this;
}
Stream::~Stream() {
  if (shared_ == nullptr || shared_->users.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  cudaStreamDestroy(shared_->handle);
  delete shared_;
}

cudaStream_t Stream::get() const { return shared_ != nullptr ? shared_->handle : nullptr; }
int Stream::device() const { return shared_ != nullptr ? shared_->device : 0; }

void Stream::synchronize() const {
  const DeviceScope scope(device());
  SINTER_CUDA_CHECK(cudaStreamSynchronize(get()));
}

void Stream::wait(const Stream& other) const {
  const DeviceScope scope(other.device());
  cudaEvent_t event = nullptr;
  SINTER_CUDA_CHECK(cudaEventCreateWithFlags(&event, cudaEventDisableTiming));
  const cudaError_t recorded = cudaEventRecord(event, other.get());
  const cudaError_t waited =
      recorded == cudaSuccess ? cudaStreamWaitEvent(get(), event, 0) : cudaSuccess;
  // What waits for an event keeps it alive.
  cudaEventDestroy(event);
  check(recorded, "cudaEventRecord");
  check(waited, "cudaStreamWaitEvent");
}

cudaStream_t current_stream(int device) { return g_current[static_cast<std::size_t>(device)]; }

StreamScope::StreamScope(const Stream& stream)
    : stream_(stream),
      before_(std::exchange(g_current[static_cast<std::size_t>(stream.device())], stream.get())) {}
StreamScope::~StreamScope() { g_current[static_cast<std::size_t>(stream_.device())] = before_; }

}  // namespace sinter::cuda
