// Examples: what data sets are made of.
#pragma once
#include <sinter/core/tensor.h>

#include <utility>

namespace sinter::data {

// An input with its target.
template <class Data = Tensor, class Target = Tensor>
struct Example {
  using DataType = Data;
  using TargetType = Target;
  Example() = default;
  Example(Data data_, Target target_) : data(std::move(data_)), target(std::move(target_)) {}

  Data data;
  Target target;
};

namespace example {
using NoTarget = void;
}

// An input without a target; it converts to and from the input.
template <class Data>
struct Example<Data, example::NoTarget> {
  using DataType = Data;
  using TargetType = example::NoTarget;
  Example() = default;
  Example(Data data_) : data(std::move(data_)) {}  // NOLINT
  operator Data&() { return data; }                // NOLINT
  operator const Data&() const { return data; }    // NOLINT

  Data data;
};
using TensorExample = Example<Tensor, example::NoTarget>;

}  // namespace sinter::data
