// Samplers: in which order a loader takes examples.
#pragma once
#include <sinter/core/dtype.h>
#include <sinter/core/random.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace sinter {
namespace serialize {
class OutputArchive;
class InputArchive;
}  // namespace serialize

namespace data::samplers {

// Gives the places of the examples of each batch.
template <class BatchRequest = std::vector<std::size_t>>
class Sampler {
 public:
  using BatchRequestType = BatchRequest;
  virtual ~Sampler() = default;
  // Begins an epoch, of new_size examples if that is given.
  virtual void reset(std::optional<std::size_t> new_size) = 0;
  // The next batch: batch_size places, or fewer at the end; nullopt when the epoch is over.
  virtual std::optional<BatchRequest> next(std::size_t batch_size) = 0;
  // Where the epoch stands, so that a loaded sampler goes on from there.
  virtual void save(serialize::OutputArchive& archive) const = 0;
  virtual void load(serialize::InputArchive& archive) = 0;

 protected:
  Sampler() = default;
  Sampler(const Sampler&) = default;
  Sampler& operator=(const Sampler&) = default;
};

// In order.
class SequentialSampler : public Sampler<> {
 public:
  explicit SequentialSampler(std::size_t size) : size_(size) {}
  void reset(std::optional<std::size_t> new_size = std::nullopt) override;
  std::optional<std::vector<std::size_t>> next(std::size_t batch_size) override;
  void save(serialize::OutputArchive& archive) const override;
  void load(serialize::InputArchive& archive) override;
  // How many examples of this epoch have been given.
  std::size_t index() const noexcept { return index_; }

 private:
  std::size_t size_;
  std::size_t index_ = 0;
};

// In a random order, a new one for each epoch. The order comes from the generator (the default one
// unless given) when the epoch's first batch is asked for: the same seed gives the same orders.
class RandomSampler : public Sampler<> {
 public:
  explicit RandomSampler(std::int64_t size, DType index_dtype = kInt64,
                         std::optional<Generator> generator = std::nullopt);
  void reset(std::optional<std::size_t> new_size = std::nullopt) override;
  std::optional<std::vector<std::size_t>> next(std::size_t batch_size) override;
  void save(serialize::OutputArchive& archive) const override;
  void load(serialize::InputArchive& archive) override;
  std::size_t index() const noexcept { return index_; }

 private:
  std::optional<Generator> generator_;
  std::size_t size_;
  std::size_t index_ = 0;
  std::vector<std::size_t> order_;  // empty before the epoch's first batch
};

}  // namespace data::samplers
}  // namespace sinter
