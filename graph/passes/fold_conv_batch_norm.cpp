#include <sinter/autograd/grad_mode.h>
#include <sinter/core/error.h>
#include <sinter/graph/graph_module.h>
#include <sinter/graph/passes/pass.h>
#include <sinter/graph/rewrite_limit.h>
#include <sinter/nn/nn.h>
#include <sinter/ops/ops.h>

namespace sinter::graph {

namespace {

// The convolution with the batch norm's scale and shift in its weight and bias.
nn::Conv2d folded(const nn::Conv2dImpl& conv, const nn::BatchNorm2dImpl& bn) {
  const NoGradGuard no_grad;
  nn::Conv2dOptions options = conv.options;
  nn::Conv2d out(options.bias(true));
  const Tensor gamma = bn.weight.defined() ? bn.weight : ones_like(bn.running_var);
  const Tensor beta = bn.bias.defined() ? bn.bias : zeros_like(bn.running_var);
  const Tensor scale = gamma * rsqrt(bn.running_var + bn.options.eps());
  const Tensor bias = conv.bias.defined() ? conv.bias : zeros_like(bn.running_mean);
  out->to(conv.weight.dtype());
  out->weight.copy_(conv.weight * scale.view({-1, 1, 1, 1}));
  out->bias.copy_((bias - bn.running_mean) * scale + beta);
  out->eval();
  return out;
}

bool can_fold(const Node& conv, const Node& bn, const GraphModuleImpl& module) {
  const auto* norm = bn.module_as<nn::BatchNorm2d>();
  if (!conv.is_module<nn::Conv2d>() || conv.num_uses() != 1) return false;
  if (norm->is_training() || !norm->running_var.defined()) return false;
  return module.call_count(conv.target()) == 1 && module.call_count(bn.target()) == 1;
}

}  // namespace

std::size_t FoldConvBatchNorm::run(Graph& graph) {
  auto* module = graph.root() == nullptr ? nullptr : graph.root()->as<GraphModuleImpl>();
  SINTER_CHECK_AS(TypeError, module != nullptr && &module->graph() == &graph,
                  "[fold_conv_batch_norm] works on the graph of a GraphModule; got another one");
  std::size_t rewrites = 0;
  for (Node* bn : graph.find<nn::BatchNorm2d>()) {
    Node* conv = bn->arg(0).node();
    if (!can_fold(*conv, *bn, *module) || !allow_rewrite(name(), bn->name())) continue;
    nn::Conv2d replacement =
        folded(*conv->module_as<nn::Conv2d>(), *bn->module_as<nn::BatchNorm2d>());
    module->set_module(conv->target(), replacement.ptr());
    conv->provenance().pass = name();
    conv->provenance().originals = {conv->name(), bn->name()};
    bn->replace_all_uses_with(conv);
    graph.erase(bn);
    ++rewrites;
  }
  module->remove_unused_modules();
  return rewrites;
}

}  // namespace sinter::graph
