#include <sinter/nn/layers/activation.h>
#include <sinter/nn/layers/dropout.h>
#include <sinter/nn/layers/linear.h>
#include <sinter/nn/models/mlp.h>

namespace sinter::nn::models {

Sequential mlp(const MLPOptions& options) {
  SINTER_CHECK_AS(ValueError, !options.features().empty(),
                  "[mlp] needs the features of a layer; got none");
  Sequential net;
  std::int64_t in = options.in_features();
  for (const std::int64_t out : options.features()) {
    if (!net->is_empty()) net->push_back(ReLU());
    if (!net->is_empty()) net->push_back(Dropout(options.dropout()));
    net->push_back(Linear(LinearOptions(in, out).bias(options.bias())));
    in = out;
  }
  net->push_back(Dropout(options.dropout()));
  return net;
}

}  // namespace sinter::nn::models
