#include "device_state.h"

#include <cstdlib>
#include <deque>
#include <map>
#include <memory>
#include <string_view>

#include "../ptx/memory.h"

// The runtime's stream and event are opaque; these are the stand-in's.
struct CUstream_st {
  std::deque<std::function<void()>> work;
  std::size_t done = 0;  // pieces of work so far
  std::size_t given = 0;
};
struct CUevent_st {
  CUstream_st* stream = nullptr;
  std::size_t after = 0;  // pieces of work of the stream that it stands behind
};

namespace sinter::cuda_host {

namespace {

struct State {
  CUstream_st default_stream;
  std::map<CUstream_st*, std::unique_ptr<CUstream_st>> streams;
  std::map<CUevent_st*, std::unique_ptr<CUevent_st>> events;
  cudaError_t sticky = cudaSuccess;
  cudaError_t last = cudaSuccess;
  std::string text;
};

State& state() {
  static auto* all = new State;
  return *all;
}

CUstream_st& stream_of(cudaStream_t stream) {
  return stream == nullptr || stream == cudaStreamLegacy ? state().default_stream : *stream;
}

cudaError_t fail_for_good(const std::string& text) {
  state().sticky = cudaErrorLaunchFailure;
  return ended(cudaErrorLaunchFailure, text);
}

cudaError_t drain_until(CUstream_st& stream, std::size_t count) {
  while (stream.done < count && !stream.work.empty()) {
    const std::function<void()> work = std::move(stream.work.front());
    stream.work.pop_front();
    ++stream.done;
    if (state().sticky != cudaSuccess) continue;
    try {
      work();
    } catch (const ptx::Error& error) {
      return fail_for_good(error.what());
    }
  }
  return ended(state().sticky);
}

const char* setting(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : otherwise;
}

}  // namespace

void enqueue(cudaStream_t stream, std::function<void()> work) {
  CUstream_st& s = stream_of(stream);
  s.work.push_back(std::move(work));
  ++s.given;
}

cudaError_t drain(cudaStream_t stream) {
  CUstream_st& s = stream_of(stream);
  return drain_until(s, s.given);
}

cudaError_t drain_all() {
  cudaError_t status = drain(nullptr);
  for (const auto& [stream, owned] : state().streams) {
    if (status == cudaSuccess) status = drain(stream);
  }
  return status;
}

bool is_stream(cudaStream_t stream) {
  return stream == nullptr || stream == cudaStreamLegacy || state().streams.count(stream) != 0;
}

cudaError_t ended(cudaError_t status) {
  if (status != cudaSuccess) state().last = status;
  return status;
}

cudaError_t ended(cudaError_t status, std::string text) {
  state().text = std::move(text);
  return ended(status);
}

ptx::Launch launch_options() {
  ptx::Launch launch;
  const std::string_view order = setting("SINTER_PTX_ORDER", "random");
  launch.order = order == "forward"    ? ptx::Order::forward
                 : order == "backward" ? ptx::Order::backward
                                       : ptx::Order::random;
  launch.seed = static_cast<std::uint32_t>(std::atoi(setting("SINTER_PTX_SEED", "1")));
  launch.check_races = std::string_view(setting("SINTER_PTX_RACES", "1")) != "0";
  return launch;
}

void check_device_memory(const void* pointer, std::size_t bytes, const char* what) {
  const auto address = reinterpret_cast<std::uint64_t>(pointer);
  if (bytes == 0 || ptx::DeviceMemory::instance().find(address, bytes) != nullptr) return;
  throw ptx::Error(std::string(what) + " is not device memory, or has fewer than " +
                   std::to_string(bytes) + " bytes");
}

}  // namespace sinter::cuda_host

using sinter::cuda_host::drain;
using sinter::cuda_host::drain_until;
using sinter::cuda_host::ended;
using sinter::cuda_host::enqueue;
using sinter::cuda_host::is_stream;
using sinter::cuda_host::state;
using sinter::cuda_host::stream_of;

extern "C" {

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* out, unsigned) {
  auto stream = std::make_unique<CUstream_st>();
  *out = stream.get();
  state().streams[*out] = std::move(stream);
  return ended(state().sticky);
}
cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  if (state().streams.count(stream) == 0) return ended(cudaErrorInvalidResourceHandle);
  const cudaError_t status = drain(stream);
  state().streams.erase(stream);
  return status;
}
cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  return is_stream(stream) ? drain(stream) : ended(cudaErrorInvalidResourceHandle);
}
cudaError_t cudaDeviceSynchronize() { return sinter::cuda_host::drain_all(); }

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* out, unsigned) {
  auto event = std::make_unique<CUevent_st>();
  *out = event.get();
  state().events[*out] = std::move(event);
  return ended(state().sticky);
}
cudaError_t cudaEventDestroy(cudaEvent_t event) {
  return ended(state().events.erase(event) == 0 ? cudaErrorInvalidResourceHandle : cudaSuccess);
}
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  if (state().events.count(event) == 0 || !is_stream(stream)) {
    return ended(cudaErrorInvalidResourceHandle);
  }
  CUstream_st& s = stream_of(stream);
  *event = {&s, s.given};
  return ended(state().sticky);
}
cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned) {
  if (state().events.count(event) == 0 || !is_stream(stream)) {
    return ended(cudaErrorInvalidResourceHandle);
  }
  if (event->stream == nullptr) return ended(state().sticky);
  enqueue(stream, [waited = *event] { drain_until(*waited.stream, waited.after); });
  return ended(state().sticky);
}

cudaError_t cudaGetLastError() {
  const cudaError_t last = state().last;
  state().last = state().sticky;
  return last;
}
cudaError_t cudaPeekAtLastError() { return state().last; }
const char* cudaGetErrorName(cudaError_t status) {
  switch (status) {
    case cudaSuccess:
      return "cudaSuccess";
    case cudaErrorInvalidValue:
      return "cudaErrorInvalidValue";
    case cudaErrorMemoryAllocation:
      return "cudaErrorMemoryAllocation";
    case cudaErrorInvalidConfiguration:
      return "cudaErrorInvalidConfiguration";
    case cudaErrorInvalidDeviceFunction:
      return "cudaErrorInvalidDeviceFunction";
    case cudaErrorInvalidResourceHandle:
      return "cudaErrorInvalidResourceHandle";
    case cudaErrorInvalidDevice:
      return "cudaErrorInvalidDevice";
    case cudaErrorLaunchFailure:
      return "cudaErrorLaunchFailure";
    default:
      return "cudaErrorUnknown";
  }
}
const char* cudaGetErrorString(cudaError_t status) {
  return state().text.empty() ? cudaGetErrorName(status) : state().text.c_str();
}
// Not of the runtime: lets a test go on after a failure that it asked for.
void sinter_cuda_host_recover() {
  state().sticky = state().last = cudaSuccess;
  state().text.clear();
}
}
