// The digits' net: three convolutions with batch norm, and a linear layer.
#pragma once
#include <sinter/sinter.h>

namespace digits {

struct NetImpl : sinter::nn::Module {
  NetImpl();
  sinter::Tensor forward(const sinter::Tensor& images);

  sinter::nn::Sequential features;
  sinter::nn::Sequential classifier;
};
SINTER_MODULE(Net);

}  // namespace digits
