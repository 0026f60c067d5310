#include "op_sample.h"

namespace sinter::testing {

std::vector<OpSamples> all_samples() {
  using Family = std::vector<OpSamples> (*)();
  // One per line, sorted.
  const std::vector<Family> families{
      attention_samples,  //
      conv_samples,       //
      copy_samples,       //
      creation_samples,   //
      index_samples,      //
      loss_samples,       //
      matmul_samples,     //
      norm_samples,       //
      optimizer_samples,  //
      pointwise_samples,  //
      pool_samples,       //
      quantize_samples,   //
      quantized_samples,  //
      random_samples,     //
      reduce_samples,     //
      scatter_samples,    //
      shape_samples,      //
      softmax_samples,    //
      sort_samples,       //
      view_samples,       //
  };
  std::vector<OpSamples> all;
  for (const Family family : families) {
    for (OpSamples& op : family()) all.push_back(std::move(op));
  }
  return all;
}

}  // namespace sinter::testing
