// CUDA's runtime behind checked calls: errors, streams, events.
#pragma once
#include <sinter/core/error.h>

#include <cuda_runtime_api.h>

#include <cstddef>

namespace sinter::cuda {

// Throws Error `[cuda] CALL failed; got cudaErrorNAME: text`, or OutOfMemoryError for
// cudaErrorMemoryAllocation, unless the status is cudaSuccess.
void check(cudaError_t status, const char* call);
#define SINTER_CUDA_CHECK(call) ::sinter::cuda::check((call), #call)

// Makes a device the current one for a scope.
class DeviceScope {
 public:
  // Throws Error when there is no such device.
  explicit DeviceScope(int index);
  ~DeviceScope();
  DeviceScope(const DeviceScope&) = delete;
  DeviceScope& operator=(const DeviceScope&) = delete;

 private:
  int before_ = 0;
};

// A queue of work on one device; work in different streams may overlap. Copies share the queue,
// which is destroyed with the last of them.
class Stream {
 public:
  // The device's default stream.
  Stream() = default;
  // A new stream of a device that does not wait for the default stream.
  static Stream create(int device);
  Stream(const Stream& other);
  Stream& operator=(Stream other) noexcept;
  Stream(Stream&& other) noexcept;
  ~Stream();

  cudaStream_t get() const;
  int device() const;
  // Waits until all work given to it is done; errors of that work are thrown here.
  void synchronize() const;
  // Work given to this stream from now on waits for all that `other` holds now.
  void wait(const Stream& other) const;
  friend bool operator==(const Stream& a, const Stream& b) { return a.get() == b.get(); }

 private:
  struct Shared;
  Shared* shared_ = nullptr;
};

// The stream that this thread's kernels and copies on a device are given to: the default stream,
// unless a StreamScope says otherwise.
cudaStream_t current_stream(int device);

// Makes a stream its device's current one, on this thread, for a scope.
class StreamScope {
 public:
  explicit StreamScope(const Stream& stream);
  ~StreamScope();
  StreamScope(const StreamScope&) = delete;
  StreamScope& operator=(const StreamScope&) = delete;

 private:
  Stream stream_;
  cudaStream_t before_;
};

// The number of devices; 0 where there is no driver.
int device_total();

}  // namespace sinter::cuda
