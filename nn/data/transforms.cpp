#include <sinter/core/tensor_factory.h>
#include <sinter/nn/data/transforms.h>
#include <sinter/ops/shape.h>

namespace sinter::data::transforms {

namespace detail {
Tensor channel_values(ArrayRef<double> values) {
  Tensor out =
      empty_tensor("normalize", {static_cast<std::int64_t>(values.size()), 1, 1}, kFloat32);
  for (std::size_t i = 0; i < values.size(); ++i) {
    out.data_ptr<float>()[i] = static_cast<float>(values[i]);
  }
  return out;
}
}  // namespace detail

Example<> Stack<Example<>>::apply_batch(std::vector<Example<>> examples) {
  std::vector<Tensor> data;
  std::vector<Tensor> targets;
  data.reserve(examples.size());
  targets.reserve(examples.size());
  for (Example<>& example : examples) {
    data.push_back(std::move(example.data));
    targets.push_back(std::move(example.target));
  }
  return {stack(data), stack(targets)};
}

TensorExample Stack<TensorExample>::apply_batch(std::vector<TensorExample> examples) {
  std::vector<Tensor> data;
  data.reserve(examples.size());
  for (TensorExample& example : examples) data.push_back(std::move(example.data));
  return stack(data);
}

}  // namespace sinter::data::transforms
