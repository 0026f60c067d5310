#include <sinter/core/error.h>
#include <sinter/graph/capture.h>
#include <sinter/graph/capture_internal.h>
#include <sinter/graph/recorder_internal.h>

#include <algorithm>
#include <utility>

namespace sinter::graph {

namespace {

constinit thread_local std::vector<GuardedNumber>* watched = nullptr;

// Read below dispatch: a capture shows other code fake tensors.
std::uint64_t bits_of(const Tensor& number) {
  const TensorImpl& impl = *number.impl();
  std::uint64_t bits = 0;
  std::memcpy(&bits, impl.data(), element_size(impl.meta.dtype));
  return bits;
}

}  // namespace

bool GuardedNumber::holds() const { return bits_of(tensor) == bits; }

WatchNumbers::WatchNumbers(std::vector<GuardedNumber>& numbers)
    : outer_(std::exchange(watched, &numbers)) {}
WatchNumbers::~WatchNumbers() { watched = outer_; }

std::uint64_t detail::guarded_bits(const Tensor& number, DType dtype) {
  const TensorImpl& impl = *number.impl();
  SINTER_CHECK_AS(TypeError, impl.meta.dtype == dtype && impl.meta.numel == 1 && !impl.fake(),
                  "[guarded_number] the tensor must hold one ", dtype, "; got ", impl.meta.dtype,
                  " ", IntArrayRef(impl.meta.sizes));
  const Recorder* recorder = Recorder::current();
  if (recorder != nullptr && recorder->writes(number)) {
    fail("[guarded_number] the program that is captured must not write the number it branches on",
         recorder->place(), "; got ", dtype, " ", IntArrayRef(impl.meta.sizes));
  }
  const std::uint64_t bits = bits_of(number);
  if (watched != nullptr) {
    const bool known = std::any_of(watched->begin(), watched->end(), [&](const auto& one) {
      return one.tensor.impl() == number.impl();
    });
    if (!known) watched->push_back({number, bits});
  }
  return bits;
}

void refuse_capture(const char* message) {
  const Recorder* recorder = Recorder::current();
  if (recorder != nullptr && recorder->records_ops()) fail(message, recorder->place());
}

}  // namespace sinter::graph
