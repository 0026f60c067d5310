// cuDNN plans convolutions for GPUs that are described to it, without any.
#include <sinter/cuda/dnn_graph.h>
#include <sinter/sinter.h>

#include <catch2/catch.hpp>

#include "../cuda_host/libraries/device_json.h"

namespace sinter::cuda {
namespace {

DnnTensor channels_last(std::array<std::int64_t, 4> sizes) {
  const std::int64_t c = sizes[1], h = sizes[2], w = sizes[3];
  return {sizes, {c * h * w, 1, w * c, c}, nullptr};
}

Convolution problem(ConvDirection direction, DType dtype) {
  Convolution p;
  p.direction = direction;
  p.dtype = dtype;
  p.x = channels_last({8, 64, 28, 28});
  p.w = channels_last({32, 64, 3, 3});
  p.y = channels_last({8, 32, 28, 28});
  p.before = p.after = {1, 1};
  return p;
}

// How many of the proposed configurations become plans for the device.
int plans_for(const Convolution& p, const cuda_host::Gpu& gpu) {
  const Descriptor device = device_properties(cuda_host::device_json(gpu).c_str());
  const ConvolutionGraph graph = convolution_graph(nullptr, p);
  int plans = 0;
  for (const Descriptor& config : engine_configs(graph.graph, &device)) {
    Descriptor plan(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
    plan.set(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, config)
        .set(CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP, device);
    if (cudnnBackendFinalize(plan.get()) == CUDNN_STATUS_SUCCESS) ++plans;
  }
  return plans;
}

}  // namespace

TEST_CASE("cuDNN finalizes plans of convolutions for sm_75, sm_80 and sm_90 without a device") {
  constexpr ConvDirection kDirections[] = {ConvDirection::forward, ConvDirection::backward_data,
                                           ConvDirection::backward_weight};
  int plans = 0;
  for (const cuda_host::Gpu& gpu : {cuda_host::kSm75, cuda_host::kSm80, cuda_host::kSm90}) {
    for (const DType dtype : {kFloat32, kFloat16}) {
      for (const ConvDirection direction : kDirections) {
        INFO(gpu.name << ", " << name(dtype) << ", direction " << static_cast<int>(direction));
        const int found = plans_for(problem(direction, dtype), gpu);
        CHECK(found > 0);
        plans += found;
      }
    }
  }
  WARN(plans << " plans");
}

TEST_CASE("cuDNN refuses a graph whose sizes do not fit, with its reason") {
  Convolution p = problem(ConvDirection::forward, kFloat32);
  p.y = channels_last({8, 32, 27, 28});
  CHECK_THROWS_WITH(convolution_graph(nullptr, p),
                    Catch::Contains("[cuda] cudnnBackendFinalize failed; got"));
}

}  // namespace sinter::cuda
