#include <sinter/core/random.h>
#include <sinter/nn/data/data.h>
#include <sinter/nn/serialize.h>
#include <sinter/ops/ops.h>
#include <sinter/tests/core/error_message.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <numeric>
#include <set>
#include <stdexcept>

using namespace sinter;
using namespace sinter::data;
using sinter::test::message_of;

namespace {

// 0, 1, 2, ... with targets 0, 10, 20, ...
auto numbers(std::int64_t count) {
  return datasets::TensorPairDataset(arange(count, kFloat32), arange(count) * 10)
      .map(transforms::Stack<>());
}

std::vector<std::int64_t> targets_of(auto& loader) {
  std::vector<std::int64_t> out;
  for (auto& batch : loader) {
    for (std::int64_t i = 0; i < batch.target.size(0); ++i) {
      out.push_back(batch.target[i].template item<std::int64_t>() / 10);
    }
  }
  return out;
}

std::vector<std::int64_t> upto(std::int64_t count) {
  std::vector<std::int64_t> out(static_cast<std::size_t>(count));
  std::iota(out.begin(), out.end(), 0);
  return out;
}

// Squares; throws at one place.
struct Squares : datasets::Dataset<Squares, Example<int, int>> {
  explicit Squares(std::size_t bad_ = 1000) : bad(bad_) {}
  Example<int, int> get(std::size_t i) override {
    if (i == bad) throw std::runtime_error("bad example");
    return {static_cast<int>(i), static_cast<int>(i * i)};
  }
  std::optional<std::size_t> size() const override { return 100; }
  std::size_t bad;
};

struct Endless : datasets::Dataset<Endless> {
  Example<> get(std::size_t) override { return {}; }
  std::optional<std::size_t> size() const override { return std::nullopt; }
};

}  // namespace

TEST_CASE("a sequential loader gives all examples in order") {
  auto loader = make_data_loader<samplers::SequentialSampler>(numbers(10), 4);
  std::vector<std::int64_t> sizes;
  for (auto& batch : *loader) {
    CHECK(batch.data.size(0) == batch.target.size(0));
    sizes.push_back(batch.data.size(0));
  }
  CHECK(sizes == std::vector<std::int64_t>{4, 4, 2});
  CHECK(targets_of(*loader) == upto(10));
  CHECK(targets_of(*loader) == upto(10));
}

TEST_CASE("a last batch that is not full can be left out") {
  auto loader = make_data_loader<samplers::SequentialSampler>(
      numbers(10), DataLoaderOptions().batch_size(4).drop_last(true));
  CHECK(targets_of(*loader) == upto(8));
}

TEST_CASE("a random loader gives every example once, in another order each epoch") {
  manual_seed(5);
  auto loader = make_data_loader(numbers(100), 7);
  const auto first = targets_of(*loader);
  const auto second = targets_of(*loader);
  CHECK(first != upto(100));
  CHECK(first != second);
  CHECK(std::set<std::int64_t>(first.begin(), first.end()).size() == 100);
  CHECK(first.size() == 100);
  manual_seed(5);
  auto again = make_data_loader(numbers(100), 7);
  CHECK(targets_of(*again) == first);
  CHECK(targets_of(*again) == second);
}

TEST_CASE("a sampler with a generator of its own does not depend on the default one") {
  const auto order = [](std::uint64_t noise) {
    manual_seed(noise);
    auto loader = make_data_loader(numbers(20), samplers::RandomSampler(20, kInt64, Generator(3)),
                                   DataLoaderOptions(5));
    return targets_of(*loader);
  };
  CHECK(order(1) == order(2));
}

TEST_CASE("a saved sampler goes on where it was") {
  samplers::RandomSampler sampler(10, kInt64, Generator(1));
  sampler.reset();
  sampler.next(4);
  serialize::OutputArchive saved;
  sampler.save(saved);
  samplers::RandomSampler other(10);
  serialize::InputArchive archive(saved.tensors());
  other.load(archive);
  CHECK(other.index() == 4);
  CHECK(*other.next(6) == *sampler.next(6));
  CHECK_FALSE(other.next(1).has_value());

  samplers::SequentialSampler sequential(10);
  sequential.next(7);
  serialize::OutputArchive place;
  sequential.save(place);
  samplers::SequentialSampler resumed(10);
  serialize::InputArchive place_archive(place.tensors());
  resumed.load(place_archive);
  CHECK(*resumed.next(5) == std::vector<std::size_t>{7, 8, 9});
}

TEST_CASE("samplers take a new size") {
  samplers::SequentialSampler sequential(2);
  sequential.reset(3);
  CHECK(sequential.next(10)->size() == 3);
  samplers::RandomSampler random(2);
  random.reset(5);
  CHECK(random.next(10)->size() == 5);
  random.reset();
  CHECK(random.next(3)->size() == 3);
}

TEST_CASE("workers give the same batches as no workers") {
  const auto workers = static_cast<std::size_t>(GENERATE(0, 1, 3));
  auto loader = make_data_loader<samplers::SequentialSampler>(
      numbers(50), DataLoaderOptions().batch_size(4).workers(workers));
  CHECK(targets_of(*loader) == upto(50));
  // An epoch that is broken off does not disturb the next.
  auto it = loader->begin();
  ++it;
  CHECK(it->target[0].item<std::int64_t>() == 40);
  CHECK(targets_of(*loader) == upto(50));
  loader->join();
  CHECK(targets_of(*loader) == upto(50));
}

TEST_CASE("an exception of the data set reaches the caller, workers or not") {
  const auto workers = static_cast<std::size_t>(GENERATE(0, 2));
  auto loader = make_data_loader<samplers::SequentialSampler>(
      Squares(20), DataLoaderOptions().batch_size(8).workers(workers).max_jobs(1));
  int batches = 0;
  CHECK_THROWS_WITH(
      [&] {
        for (auto& batch : *loader) batches += batch.empty() ? 0 : 1;
      }(),
      "bad example");
  CHECK(batches == 2);
}

TEST_CASE("a data set of any type is loaded in vectors of examples") {
  auto loader = make_data_loader<samplers::SequentialSampler>(Squares(), 10);
  int sum = 0;
  for (auto& batch : *loader) {
    for (const auto& example : batch) sum += example.target - example.data * example.data;
    CHECK(batch.size() == 10);
  }
  CHECK(sum == 0);
}

TEST_CASE("transforms change examples and batches") {
  auto doubled = Squares().map(transforms::Lambda<Example<int, int>, int>(
      [](const Example<int, int>& e) { return 2 * e.target; }));
  CHECK(doubled.get_batch({1, 3}) == std::vector<int>{2, 18});
  auto summed = doubled.map(transforms::BatchLambda<std::vector<int>, int>(
      [](const std::vector<int>& v) { return std::accumulate(v.begin(), v.end(), 0); }));
  CHECK(summed.get_batch({1, 3}) == 20);
  CHECK(summed.size() == 100);
  const transforms::Normalize<> normalize({1, 2}, {2, 4});
  auto images = datasets::TensorPairDataset(ones({3, 2, 2, 2}), zeros({3}))
                    .map(normalize)
                    .map(transforms::TensorLambda<>([](const Tensor& x) { return x * 10; }))
                    .map(transforms::Stack<>());
  const auto batch = images.get_batch({0, 2});
  CHECK(batch.data.sizes() == IntArrayRef({2, 2, 2, 2}));
  CHECK(batch.data[0][0][1][1].item<float>() == 0);
  CHECK(batch.data[1][1][0][0].item<float>() == -2.5F);
}

TEST_CASE("tensor data sets give rows") {
  datasets::TensorDataset rows(std::vector<Tensor>{zeros({2}), ones({2})});
  CHECK(rows.size() == 2);
  const Tensor row = rows.get(1);
  CHECK(row.sum().item<float>() == 2);
  CHECK(rows.map(transforms::Stack<TensorExample>()).get_batch({1, 0, 1}).data.sizes() ==
        IntArrayRef({3, 2}));
  CHECK_THROWS_AS(rows.get(2), IndexError);
  CHECK(message_of<ValueError>([] { datasets::TensorDataset(zeros({})); }) ==
        "[dataset] needs a tensor with at least one dimension; got []");
  CHECK(message_of<ValueError>([] {
          datasets::TensorPairDataset(zeros({3, 2}), zeros({2}));
        }) == "[dataset] inputs and targets must have as many rows; got 3 and 2");
}

TEST_CASE("loaders and samplers say what they cannot do") {
  CHECK(message_of<ValueError>([] { make_data_loader(numbers(3), 0); }) ==
        "[data_loader] the batch size must be positive; got 0");
  CHECK(message_of<ValueError>([] { make_data_loader(Endless(), 1); }) ==
        "[data_loader] a sampler needs a data set that knows its size; got one that does not");
  CHECK(message_of<ValueError>([] { samplers::RandomSampler(-1); }) ==
        "[random_sampler] the size must not be negative; got -1");
  CHECK(message_of<TypeError>([] { samplers::RandomSampler(1, kFloat32); }) ==
        "[random_sampler] indices must be integers; got f32");
  samplers::RandomSampler sampler(3);
  serialize::OutputArchive bad;
  bad.write("indices", full({2}, 5));
  bad.write("index", std::int64_t{0});
  serialize::InputArchive archive(bad.tensors());
  CHECK(message_of<ValueError>([&] { sampler.load(archive); }) ==
        "[random_sampler] indices must be below 2; got 5");
  samplers::SequentialSampler sequential(3);
  serialize::OutputArchive negative;
  negative.write("index", std::int64_t{-4});
  serialize::InputArchive negative_archive(negative.tensors());
  CHECK(message_of<ValueError>([&] { sequential.load(negative_archive); }) ==
        "[sampler] a count must not be negative; got -4 for index");
}
