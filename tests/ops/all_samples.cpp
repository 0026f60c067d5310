#include "op_sample.h"

namespace sinter::testing {

std::vector<OpSamples> all_samples() {
  std::vector<OpSamples> all;
  for (const auto family :
       {pointwise_samples, view_samples, copy_samples, creation_samples, random_samples,
        shape_samples, reduce_samples, matmul_samples, index_samples, scatter_samples, sort_samples,
        softmax_samples, loss_samples, conv_samples, pool_samples, norm_samples, attention_samples,
        optimizer_samples}) {
    for (OpSamples& op : family()) all.push_back(std::move(op));
  }
  return all;
}

}  // namespace sinter::testing
