#include <sinter/nn/data/datasets.h>
#include <sinter/ops/shape.h>

namespace sinter::data::datasets {

namespace {
void check_rows(const Tensor& tensor) {
  SINTER_CHECK_AS(ValueError, tensor.dim() > 0,
                  "[dataset] needs a tensor with at least one dimension; got ", tensor.sizes());
}
}  // namespace

TensorDataset::TensorDataset(const std::vector<Tensor>& tensors) : TensorDataset(stack(tensors)) {}
TensorDataset::TensorDataset(Tensor tensor_) : tensor(std::move(tensor_)) { check_rows(tensor); }
TensorExample TensorDataset::get(std::size_t index) {
  return tensor[static_cast<std::int64_t>(index)];
}
std::optional<std::size_t> TensorDataset::size() const {
  return static_cast<std::size_t>(tensor.size(0));
}

TensorPairDataset::TensorPairDataset(Tensor data_, Tensor target_)
    : data(std::move(data_)), target(std::move(target_)) {
  check_rows(data);
  check_rows(target);
  SINTER_CHECK_AS(ValueError, data.size(0) == target.size(0),
                  "[dataset] inputs and targets must have as many rows; got ", data.size(0),
                  " and ", target.size(0));
}
Example<> TensorPairDataset::get(std::size_t index) {
  const auto i = static_cast<std::int64_t>(index);
  return {data[i], target[i]};
}
std::optional<std::size_t> TensorPairDataset::size() const {
  return static_cast<std::size_t>(data.size(0));
}

}  // namespace sinter::data::datasets
