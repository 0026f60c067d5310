// Small models and tools that the tests of quantization share.
#pragma once
#include <sinter/graph/graph_module.h>
#include <sinter/quant/quant.h>
#include <sinter/sinter.h>

namespace sinter::testing {

// Convolution, batch norm and ReLU; a residual block; concatenation and channel shuffle; pooling.
struct SmallNetImpl : nn::Module {
  SmallNetImpl();
  Tensor forward(const Tensor& x);

  nn::Conv2d stem{nullptr}, first{nullptr}, second{nullptr}, left{nullptr}, right{nullptr};
  nn::BatchNorm2d stem_norm{nullptr}, first_norm{nullptr}, second_norm{nullptr};
  nn::Linear fc{nullptr};
};
SINTER_MODULE(SmallNet);

// Batch norms with statistics that are not those of new layers.
void unsettle(nn::Module& module);
// The number of nodes that call this kind of module.
template <class M>
std::size_t count(const graph::GraphModule& module) {
  return module->graph().find<M>().size();
}

}  // namespace sinter::testing
