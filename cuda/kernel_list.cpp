#include <sinter/cuda/kernels.h>
#include <sinter/ops/registry.h>

#include <vector>

namespace sinter::cuda {

namespace {

// One line per family, in registry.h's order. An op that is not here has no kernel on CUDA.
constexpr ops::NamedKernel kKernels[] = {
    {"strided_scatter", strided_scatter},

    {"clone", clone},
    {"copy", copy},
    {"cast", cast},

    {"empty", empty},
    {"empty_like", empty},
    {"full", full},
    {"full_like", full_like},
    {"fill", fill},
    {"arange", arange},
    {"tril", tril},
    {"triu", triu},

    {"cat", cat},

    {"sum", sum},
    {"mean", mean},
    {"prod", prod},
    {"amax", amax},
    {"amin", amin},
    {"any", any},
    {"all", all},
    {"count_nonzero", count_nonzero},
    {"argmax", argmax},
    {"argmin", argmin},
    {"max_dim", max_dim},
    {"min_dim", min_dim},

    {"embedding", embedding},
    {"embedding_backward", embedding_backward},
    {"masked_fill", masked_fill},

    {"softmax", softmax},
    {"log_softmax", log_softmax},
    {"softmax_backward", softmax_backward},
    {"log_softmax_backward", log_softmax_backward},

    {"nll_loss", nll_loss},
    {"nll_loss_backward", nll_loss_backward},

    {"mm", matmul},
    {"bmm", matmul},
    {"mv", matmul},
    {"dot", matmul},
    {"matmul", matmul},
    {"addmm", addmm},
    {"baddbmm", addmm},
    {"linear", linear},

    {"convolution", convolution},
    {"conv_transpose", conv_transpose},
    {"convolution_backward_weight", convolution_backward_weight},
    {"convolution_backward_bias", convolution_backward_bias},

    {"max_pool2d", max_pool},
    {"max_pool2d_with_indices", max_pool},
    {"max_pool2d_backward", max_pool_backward},

    {"layer_norm", layer_norm},
    {"layer_norm_backward", layer_norm_backward},

    {"scaled_dot_product_attention", attention},
    {"scaled_dot_product_attention_backward", attention_backward},

    {"adam_update", adam_update},
    {"sgd_update", sgd_update},
};

}  // namespace

void register_all_kernels() {
  std::vector<ops::NamedKernel> kernels(std::begin(kKernels), std::end(kKernels));
  for (const ops::OpDef* def : ops::pointwise_ops()) {
    if (def->pointwise != nullptr) kernels.push_back({def->name, run_pointwise});
  }
  ops::register_kernels(kCUDA, kernels);
}

}  // namespace sinter::cuda
