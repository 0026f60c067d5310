// Data sets.
#pragma once
#include <sinter/core/tensor.h>
#include <sinter/nn/data/array_ref.h>
#include <sinter/nn/data/example.h>

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace sinter::data::datasets {

template <class SourceDataset, class AppliedTransform>
class MapDataset;

// A data set that gives a batch at a time. Self is the derived class.
template <class Self, class Batch = std::vector<Example<>>,
          class BatchRequest = ArrayRef<std::size_t>>
class BatchDataset {
 public:
  using SelfType = Self;
  using BatchType = Batch;
  using BatchRequestType = BatchRequest;
  static constexpr bool is_stateful = false;
  virtual ~BatchDataset() = default;

  // The batch of the examples at the given places. Loaders with workers call it from several
  // threads, each with a copy of the data set.
  virtual Batch get_batch(BatchRequest request) = 0;
  // The number of examples, or nullopt if it is not known.
  virtual std::optional<std::size_t> size() const = 0;

  // The same data with a transform applied to each batch.
  template <class Transform>
  MapDataset<Self, Transform> map(Transform transform) & {
    return {static_cast<Self&>(*this), std::move(transform)};
  }
  template <class Transform>
  MapDataset<Self, Transform> map(Transform transform) && {
    return {std::move(static_cast<Self&>(*this)), std::move(transform)};
  }

 protected:
  BatchDataset() = default;
  BatchDataset(const BatchDataset&) = default;
  BatchDataset& operator=(const BatchDataset&) = default;
};

// A data set that gives one example at a time; a batch is a vector of them.
template <class Self, class SingleExample = Example<>>
class Dataset : public BatchDataset<Self, std::vector<SingleExample>> {
 public:
  using ExampleType = SingleExample;
  // The example at a place below size().
  virtual ExampleType get(std::size_t index) = 0;
  std::vector<ExampleType> get_batch(ArrayRef<std::size_t> indices) override {
    std::vector<ExampleType> batch;
    batch.reserve(indices.size());
    for (const std::size_t i : indices) batch.push_back(get(i));
    return batch;
  }
};

// The result of map().
template <class SourceDataset, class AppliedTransform>
class MapDataset : public BatchDataset<MapDataset<SourceDataset, AppliedTransform>,
                                       typename AppliedTransform::OutputBatchType,
                                       typename SourceDataset::BatchRequestType> {
 public:
  using DatasetType = SourceDataset;
  using TransformType = AppliedTransform;
  static_assert(
      std::is_same_v<typename SourceDataset::BatchType, typename AppliedTransform::InputBatchType>,
      "the transform does not take what the data set gives");

  MapDataset(SourceDataset dataset, AppliedTransform transform)
      : dataset_(std::move(dataset)), transform_(std::move(transform)) {}

  typename AppliedTransform::OutputBatchType get_batch(
      typename SourceDataset::BatchRequestType request) override {
    return transform_.apply_batch(dataset_.get_batch(std::move(request)));
  }
  std::optional<std::size_t> size() const override { return dataset_.size(); }
  const SourceDataset& dataset() const noexcept { return dataset_; }
  const AppliedTransform& transform() const noexcept { return transform_; }

 private:
  SourceDataset dataset_;
  AppliedTransform transform_;
};

template <class DatasetType, class Transform>
MapDataset<DatasetType, Transform> map(DatasetType dataset, Transform transform) {
  return {std::move(dataset), std::move(transform)};
}

// The rows of a tensor (or the stacked tensors of a list) as examples without targets.
class TensorDataset : public Dataset<TensorDataset, TensorExample> {
 public:
  explicit TensorDataset(const std::vector<Tensor>& tensors);
  explicit TensorDataset(Tensor tensor_);
  TensorExample get(std::size_t index) override;
  std::optional<std::size_t> size() const override;

  Tensor tensor;
};

// The rows of two tensors as inputs and targets. Throws ValueError `[dataset] ...` when one has no
// rows to speak of (no dimensions), or they have different numbers of them.
class TensorPairDataset : public Dataset<TensorPairDataset> {
 public:
  TensorPairDataset(Tensor data_, Tensor target_);
  Example<> get(std::size_t index) override;
  std::optional<std::size_t> size() const override;

  Tensor data;
  Tensor target;
};

}  // namespace sinter::data::datasets
