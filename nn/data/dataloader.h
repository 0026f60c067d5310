// DataLoader: batches of a data set, in the order of a sampler.
#pragma once
#include <sinter/core/error.h>
#include <sinter/nn/arg.h>
#include <sinter/nn/data/datasets.h>
#include <sinter/nn/data/samplers.h>
#include <sinter/nn/data/worker_pool.h>

#include <cstddef>
#include <exception>
#include <iterator>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace sinter::data {

// DataLoaderOptions().batch_size(64).workers(2)
struct DataLoaderOptions {
  DataLoaderOptions() = default;
  DataLoaderOptions(std::size_t batch_size) : batch_size_(batch_size) {}  // NOLINT
  // Examples per batch.
  SINTER_ARG(std::size_t, batch_size) = 1;
  // Threads that load ahead; 0 loads on the caller's thread. The batches are the same either way.
  SINTER_ARG(std::size_t, workers) = 0;
  // Batches that are loaded ahead; twice the number of workers unless given.
  SINTER_ARG(std::optional<std::size_t>, max_jobs);
  // Batches always come in order; the option is there for programs that set it.
  SINTER_ARG(bool, enforce_ordering) = true;
  // Leaves out a last batch that is not full.
  SINTER_ARG(bool, drop_last) = false;
};

// Loads batches of a data set without state. As libtorch's: begin() starts an epoch, and a
// range-for over the loader goes through it. Throws what the data set throws; ValueError
// `[data_loader] ...` for a batch size of 0.
template <class DatasetType, class SamplerType>
class StatelessDataLoader {
 public:
  using BatchType = typename DatasetType::BatchType;
  using BatchRequestType = typename SamplerType::BatchRequestType;

  // Goes through one epoch, once.
  class Iterator {
   public:
    using difference_type = std::ptrdiff_t;
    using value_type = BatchType;
    using pointer = BatchType*;
    using reference = BatchType&;
    using iterator_category = std::input_iterator_tag;

    BatchType& operator*() { return *batch_; }
    BatchType* operator->() { return &*batch_; }
    Iterator& operator++() {
      batch_ = loader_->next();
      return *this;
    }
    // Only comparison with end() has a meaning.
    friend bool operator==(const Iterator& a, const Iterator& b) {
      return a.batch_.has_value() == b.batch_.has_value();
    }

   private:
    friend class StatelessDataLoader;
    Iterator() = default;
    explicit Iterator(StatelessDataLoader* loader) : loader_(loader), batch_(loader->next()) {}
    StatelessDataLoader* loader_ = nullptr;
    std::optional<BatchType> batch_;
  };

  StatelessDataLoader(DatasetType dataset, SamplerType sampler, DataLoaderOptions options)
      : options_(std::move(options)), sampler_(std::move(sampler)) {
    SINTER_CHECK_AS(ValueError, options_.batch_size() > 0,
                    "[data_loader] the batch size must be positive; got 0");
    datasets_.push_back(std::move(dataset));
    for (std::size_t i = 1; i < options_.workers(); ++i) datasets_.push_back(datasets_.front());
    if (options_.workers() > 0) {
      pool_ = std::make_unique<detail::WorkerPool>(options_.workers());
    }
  }
  StatelessDataLoader(const StatelessDataLoader&) = delete;
  StatelessDataLoader& operator=(const StatelessDataLoader&) = delete;
  // Workers still use the data sets.
  ~StatelessDataLoader() { join(); }

  // Starts an epoch, and ends any that is under way.
  Iterator begin() {
    if (pool_) pool_->cancel();
    jobs_.clear();
    first_job_ = 0;
    sampler_.reset(std::nullopt);
    prefetch();
    return Iterator(this);
  }
  Iterator end() { return Iterator(); }
  // Ends the workers; batches are then loaded on the caller's thread.
  void join() {
    pool_.reset();
    jobs_.clear();
    first_job_ = 0;
  }

  const DataLoaderOptions& options() const noexcept { return options_; }
  // To be saved for resuming, when there are no workers, which run ahead of the loader.
  const SamplerType& sampler() const noexcept { return sampler_; }

 private:
  struct Job {
    BatchRequestType request;
    std::optional<BatchType> batch;
    std::exception_ptr error;
    bool done = false;
  };

  std::optional<BatchRequestType> next_request() {
    auto request = sampler_.next(options_.batch_size());
    if (request && options_.drop_last() && request->size() < options_.batch_size()) return {};
    return request;
  }

  std::optional<BatchType> next() {
    if (!pool_) {
      const auto request = next_request();
      if (!request) return std::nullopt;
      return datasets_.front().get_batch(*request);
    }
    if (first_job_ == jobs_.size()) return std::nullopt;
    const std::shared_ptr<Job> job = std::move(jobs_[first_job_++]);
    pool_->wait(job->done);
    prefetch();
    if (job->error) std::rethrow_exception(job->error);
    return std::move(job->batch);
  }

  void prefetch() {
    if (!pool_) return;
    const std::size_t ahead = options_.max_jobs().value_or(2 * options_.workers());
    while (jobs_.size() - first_job_ < (ahead == 0 ? 1 : ahead)) {
      auto request = next_request();
      if (!request) return;
      jobs_.push_back(std::make_shared<Job>());
      jobs_.back()->request = std::move(*request);
      pool_->submit([this, pool = pool_.get(), job = jobs_.back()](std::size_t worker) {
        try {
          job->batch = datasets_[worker].get_batch(job->request);
        } catch (...) {
          job->error = std::current_exception();
        }
        pool->finish(job->done);
      });
    }
  }

  DataLoaderOptions options_;
  SamplerType sampler_;
  std::vector<DatasetType> datasets_;  // one per worker
  std::unique_ptr<detail::WorkerPool> pool_;
  std::vector<std::shared_ptr<Job>> jobs_;  // of this epoch; those before first_job_ are gone
  std::size_t first_job_ = 0;
};

// A loader over a data set with a sampler of one's own, or with a Sampler made for its size:
//   auto loader = data::make_data_loader<data::samplers::SequentialSampler>(std::move(dataset),
//   64); for (auto& batch : *loader) train(batch.data, batch.target);
// Throws ValueError `[data_loader] ...` when the data set does not know its size.
template <class DatasetType, class SamplerType>
requires requires { typename SamplerType::BatchRequestType; }
std::unique_ptr<StatelessDataLoader<DatasetType, SamplerType>> make_data_loader(
    DatasetType dataset, SamplerType sampler, DataLoaderOptions options) {
  return std::make_unique<StatelessDataLoader<DatasetType, SamplerType>>(
      std::move(dataset), std::move(sampler), std::move(options));
}
template <class SamplerType = samplers::RandomSampler, class DatasetType>
requires std::is_constructible_v<SamplerType, std::size_t>
    std::unique_ptr<StatelessDataLoader<DatasetType, SamplerType>> make_data_loader(
        DatasetType dataset, DataLoaderOptions options = DataLoaderOptions()) {
  const std::optional<std::size_t> size = dataset.size();
  SINTER_CHECK_AS(ValueError, size.has_value(),
                  "[data_loader] a sampler needs a data set that knows its size; got one that does "
                  "not");
  if constexpr (std::is_same_v<SamplerType, samplers::RandomSampler>) {
    return make_data_loader(std::move(dataset), SamplerType(static_cast<std::int64_t>(*size)),
                            std::move(options));
  } else {
    return make_data_loader(std::move(dataset), SamplerType(*size), std::move(options));
  }
}

}  // namespace sinter::data
