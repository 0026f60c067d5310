#include <sinter/core/tensor_factory.h>
#include <sinter/nn/data/samplers.h>
#include <sinter/nn/serialize.h>
#include <sinter/ops/random.h>

#include <algorithm>
#include <numeric>

namespace sinter::data::samplers {

namespace {
std::size_t read_count(serialize::InputArchive& archive, const char* key) {
  const auto value = archive.read_scalar(key).to<std::int64_t>();
  SINTER_CHECK_AS(ValueError, value >= 0, "[sampler] a count must not be negative; got ", value,
                  " for ", key);
  return static_cast<std::size_t>(value);
}
}  // namespace

// --- SequentialSampler.

void SequentialSampler::reset(std::optional<std::size_t> new_size) {
  size_ = new_size.value_or(size_);
  index_ = 0;
}

std::optional<std::vector<std::size_t>> SequentialSampler::next(std::size_t batch_size) {
  const std::size_t count = std::min(batch_size, size_ - std::min(index_, size_));
  if (count == 0) return std::nullopt;
  std::vector<std::size_t> out(count);
  std::iota(out.begin(), out.end(), index_);
  index_ += count;
  return out;
}

void SequentialSampler::save(serialize::OutputArchive& archive) const {
  archive.write("index", static_cast<std::int64_t>(index_));
}
void SequentialSampler::load(serialize::InputArchive& archive) {
  index_ = read_count(archive, "index");
}

// --- RandomSampler.

RandomSampler::RandomSampler(std::int64_t size, DType index_dtype,
                             std::optional<Generator> generator)
    : generator_(std::move(generator)),
      size_(static_cast<std::size_t>(std::max<std::int64_t>(size, 0))) {
  SINTER_CHECK_AS(ValueError, size >= 0, "[random_sampler] the size must not be negative; got ",
                  size);
  SINTER_CHECK_AS(TypeError, is_integral(index_dtype),
                  "[random_sampler] indices must be integers; got ", index_dtype);
}

void RandomSampler::reset(std::optional<std::size_t> new_size) {
  size_ = new_size.value_or(size_);
  index_ = 0;
  order_.clear();
}

std::optional<std::vector<std::size_t>> RandomSampler::next(std::size_t batch_size) {
  if (order_.empty() && size_ > 0) {
    const Tensor order = randperm(static_cast<std::int64_t>(size_), generator_, kInt64);
    order_.assign(order.data_ptr<std::int64_t>(), order.data_ptr<std::int64_t>() + size_);
  }
  const std::size_t count = std::min(batch_size, order_.size() - std::min(index_, order_.size()));
  if (count == 0) return std::nullopt;
  const auto first = order_.begin() + static_cast<std::ptrdiff_t>(index_);
  index_ += count;
  return std::vector<std::size_t>(first, first + static_cast<std::ptrdiff_t>(count));
}

void RandomSampler::save(serialize::OutputArchive& archive) const {
  Tensor order = empty_tensor("random_sampler", {static_cast<std::int64_t>(order_.size())}, kInt64);
  std::copy(order_.begin(), order_.end(), order.data_ptr<std::int64_t>());
  archive.write("index", static_cast<std::int64_t>(index_));
  archive.write("indices", order);
}

void RandomSampler::load(serialize::InputArchive& archive) {
  Tensor order;
  archive.read("indices", order);
  SINTER_CHECK_AS(ValueError, order.dim() == 1 && order.dtype() == kInt64,
                  "[random_sampler] indices must be a list of i64; got ", order.dtype(), " ",
                  order.sizes());
  const auto* first = order.data_ptr<std::int64_t>();
  const auto count = static_cast<std::size_t>(order.numel());
  for (std::size_t i = 0; i < count; ++i) {
    SINTER_CHECK_AS(ValueError, first[i] >= 0 && static_cast<std::size_t>(first[i]) < count,
                    "[random_sampler] indices must be below ", count, "; got ", first[i]);
  }
  index_ = read_count(archive, "index");
  order_.assign(first, first + count);
  if (count > 0) size_ = count;
}

}  // namespace sinter::data::samplers
