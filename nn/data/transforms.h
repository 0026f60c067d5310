// Transforms: what happens to examples between the data set and the loader.
#pragma once
#include <sinter/core/callable.h>
#include <sinter/core/tensor.h>
#include <sinter/nn/data/array_ref.h>
#include <sinter/nn/data/example.h>

#include <memory>
#include <utility>
#include <vector>

namespace sinter::data::transforms {

// Changes a whole batch.
template <class InputBatch, class OutputBatch>
class BatchTransform {
 public:
  using InputBatchType = InputBatch;
  using OutputBatchType = OutputBatch;
  virtual ~BatchTransform() = default;
  virtual OutputBatch apply_batch(InputBatch input_batch) = 0;

 protected:
  BatchTransform() = default;
  BatchTransform(const BatchTransform&) = default;
  BatchTransform& operator=(const BatchTransform&) = default;
};

// Changes one example at a time.
template <class Input, class Output>
class Transform : public BatchTransform<std::vector<Input>, std::vector<Output>> {
 public:
  using InputType = Input;
  using OutputType = Output;
  virtual Output apply(Input input) = 0;
  std::vector<Output> apply_batch(std::vector<Input> batch) override {
    std::vector<Output> out;
    out.reserve(batch.size());
    for (Input& input : batch) out.push_back(apply(std::move(input)));
    return out;
  }
};

// Calls a function on a batch. Copies share the function.
template <class Input, class Output = Input>
class BatchLambda : public BatchTransform<Input, Output> {
 public:
  using FunctionType = Callable<Output(Input)>;
  explicit BatchLambda(FunctionType function)
      : function_(std::make_shared<const FunctionType>(std::move(function))) {}
  Output apply_batch(Input batch) override { return (*function_)(std::move(batch)); }

 private:
  std::shared_ptr<const FunctionType> function_;
};

// Calls a function on each example. Copies share the function.
template <class Input, class Output = Input>
class Lambda : public Transform<Input, Output> {
 public:
  using FunctionType = Callable<Output(Input)>;
  explicit Lambda(FunctionType function)
      : function_(std::make_shared<const FunctionType>(std::move(function))) {}
  Output apply(Input input) override { return (*function_)(std::move(input)); }

 private:
  std::shared_ptr<const FunctionType> function_;
};

// Changes the tensor of each example, and leaves its target alone.
template <class Target = Tensor>
class TensorTransform : public Transform<Example<Tensor, Target>, Example<Tensor, Target>> {
 public:
  virtual Tensor operator()(Tensor input) = 0;
  Example<Tensor, Target> apply(Example<Tensor, Target> input) override {
    input.data = (*this)(std::move(input.data));
    return input;
  }
};

// Calls a function on the tensor of each example. Copies share the function.
template <class Target = Tensor>
class TensorLambda : public TensorTransform<Target> {
 public:
  using FunctionType = Callable<Tensor(Tensor)>;
  explicit TensorLambda(FunctionType function)
      : function_(std::make_shared<const FunctionType>(std::move(function))) {}
  Tensor operator()(Tensor input) override { return (*function_)(std::move(input)); }

 private:
  std::shared_ptr<const FunctionType> function_;
};

namespace detail {
// One f32 number per channel, [C, 1, 1].
Tensor channel_values(ArrayRef<double> values);
}  // namespace detail

// (x - mean) / stddev, with one mean and stddev per channel of [C, H, W], or one for all.
template <class Target = Tensor>
class Normalize : public TensorTransform<Target> {
 public:
  Normalize(ArrayRef<double> mean_, ArrayRef<double> stddev_)
      : mean(detail::channel_values(mean_)), stddev(detail::channel_values(stddev_)) {}
  Tensor operator()(Tensor input) override { return input.sub(mean).div(stddev); }

  Tensor mean;
  Tensor stddev;
};

// Makes one example of a batch.
template <class T = Example<>>
using Collation = BatchTransform<std::vector<T>, T>;
template <class T = Example<>>
using Collate = BatchLambda<std::vector<T>, T>;

// Stacks the tensors of a batch along a new first dimension.
template <class T = Example<>>
class Stack;
template <>
class Stack<Example<>> : public Collation<Example<>> {
 public:
  Example<> apply_batch(std::vector<Example<>> examples) override;
};
template <>
class Stack<TensorExample> : public Collation<TensorExample> {
 public:
  TensorExample apply_batch(std::vector<TensorExample> examples) override;
};

}  // namespace sinter::data::transforms
