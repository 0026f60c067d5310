#include <sinter/ops/creation.h>
#include <sinter/ops/random.h>
#include <sinter/ops/shape.h>

#include <cmath>
#include <limits>

#include "../arrays.h"

namespace sinter::testing {
namespace {

constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

// An op that replaces the elements of a tensor, on several shapes.
std::vector<Sample> replaced(const std::function<Tensor&(Tensor&)>& fill) {
  std::vector<Sample> all;
  for (const Index& sizes : std::vector<Index>{{}, {7}, {0, 3}, {3, 5}, {2, 3, 2, 2}, {70, 31}}) {
    all.push_back({str(IntArrayRef(sizes)),
                   {values(sizes)},
                   [fill](const Tensors& in) -> Tensors {
                     Tensor x = in[0].clone();
                     return {fill(x)};
                   },
                   nullptr,
                   sizes.size() < 4 && sizes != Index{70, 31}});
  }
  return all;
}

Sample made(const char* label, const std::function<Tensor()>& make) {
  return {label, {}, [make](const Tensors&) -> Tensors { return {make()}; }, nullptr};
}

std::vector<Sample> uniform() {
  auto all = replaced([](Tensor& x) -> Tensor& { return x.uniform_(-1, 2); });
  all.push_back(made("rand", [] { return rand({3, 2}); }));
  all.push_back(made("rand of f64", [] { return rand({3, 2}, kFloat64); }));
  all.push_back(made("rand_like", [] { return rand_like(zeros({2, 2, 2, 2})); }));
  return all;
}

std::vector<ErrorSample> uniform_errors() {
  return {
      {"dtype", [] { rand({2}, kInt64); }, "[uniform] is for floating dtypes; got i64"},
      {"order", [] { zeros({2}).uniform_(1, 0); },
       "[uniform] needs from <= to, both finite; got 1 and 0"},
      {"infinite", [] { zeros({2}).uniform_(0, INFINITY); }, "[uniform] needs from <= to"},
      {"NaN", [] { zeros({2}).uniform_(NAN, 1); }, "[uniform] needs from <= to"},
      {"size", [] { rand({-1}); }, "sizes must not be negative; got [-1]"},
      {"too large",
       [] {
         rand({kMax, 3});
       },
       "the number of elements exceeds 2^63 - 1"},
  };
}

std::vector<Sample> normal() {
  auto all = replaced([](Tensor& x) -> Tensor& { return x.normal_(1, 2); });
  all.push_back(made("randn", [] { return randn({3, 2}); }));
  all.push_back(made("randn of f64", [] { return randn({3, 2}, kFloat64); }));
  all.push_back(made("randn_like", [] { return randn_like(zeros({3, 2})); }));
  all.push_back(made("normal of numbers", [] { return sinter::normal(1, 2, {3}); }));
  all.push_back(made("normal of tensors", [] {
    return sinter::normal(zeros({3, 1}), ones({2})) + sinter::normal(0, ones({2})) +
           sinter::normal(zeros({2}), 1);
  }));
  return all;
}

std::vector<ErrorSample> normal_errors() {
  return {
      {"dtype", [] { randn({2}, kBool); }, "[normal] is for floating dtypes; got bool"},
      {"deviation", [] { zeros({2}).normal_(0, -1); },
       "[normal] the deviation must not be negative; got -1"},
      {"NaN", [] { zeros({2}).normal_(0, NAN); }, "[normal] the deviation must not be negative"},
      {"deviation of tensors", [] { sinter::normal(zeros({2}), -1); },
       "[normal] the deviation must not be negative"},
      {"sizes", [] { sinter::normal(zeros({2}), ones({3})); },
       "[normal] shapes do not broadcast; got [2] and [3]"},
  };
}

std::vector<Sample> exponential() {
  return replaced([](Tensor& x) -> Tensor& { return x.exponential_(2); });
}

std::vector<ErrorSample> exponential_errors() {
  return {
      {"dtype", [] { zeros({2}, kInt32).exponential_(); },
       "[exponential] is for floating dtypes; got i32"},
      {"lambda", [] { zeros({2}).exponential_(0); },
       "[exponential] lambda must be positive; got 0"},
      {"NaN", [] { zeros({2}).exponential_(NAN); }, "[exponential] lambda must be positive"},
  };
}

std::vector<Sample> bernoulli_fill() {
  auto all = replaced([](Tensor& x) -> Tensor& { return x.bernoulli_(0.3); });
  all.push_back(made("always", [] { return bernoulli(zeros({3}), 1); }));
  all.push_back(made("never", [] { return bernoulli(zeros({3}), 0); }));
  return all;
}

std::vector<ErrorSample> bernoulli_fill_errors() {
  return {
      {"above", [] { zeros({2}).bernoulli_(1.5); }, "[bernoulli] p must be in [0, 1]; got 1.5"},
      {"below", [] { bernoulli(zeros({2}), -0.5); }, "[bernoulli] p must be in [0, 1]; got -0.5"},
      {"NaN", [] { zeros({2}).bernoulli_(NAN); }, "[bernoulli] p must be in [0, 1]"},
  };
}

std::vector<Sample> random() {
  auto all = replaced([](Tensor& x) -> Tensor& { return x.random_(0, 2); });
  all.push_back(made("randint", [] { return randint(10, {3, 2}); }));
  all.push_back(made("randint of all i64", [] { return randint(kMin, kMax, {5}); }));
  all.push_back(made("randint of u8", [] { return randint(0, 256, {5}, kUInt8); }));
  all.push_back(made("randint_like", [] {
    return randint_like(zeros({3}, kInt32), 5) + randint_like(zeros({3}, kInt32), -5, 5);
  }));
  return all;
}

std::vector<ErrorSample> random_errors() {
  return {
      {"empty range", [] { randint(3, 3, {2}); }, "[random] needs from < to; got 3 and 3"},
      {"dtype", [] { randint(0, 257, {2}, kUInt8); },
       "[random] the dtype must hold every number; got 0 to 257 for u8"},
      {"negative for u8", [] { randint(-1, 2, {2}, kUInt8); }, "[random] the dtype must hold"},
      {"beyond the digits of f16", [] { randint(0, 5000, {2}, kFloat16); },
       "[random] the dtype must hold every number; got 0 to 5000 for f16"},
      {"INT64_MIN as floating", [] { randint(kMin, 0, {2}, kFloat64); },
       "[random] the dtype must hold"},
  };
}

std::vector<Sample> randperm() {
  return {
      made("ten", [] { return sinter::randperm(10); }),
      made("none", [] { return sinter::randperm(0); }),
      made("one", [] { return sinter::randperm(1); }),
      made("of i16", [] { return sinter::randperm(100, kInt16); }),
      made("of f32", [] { return sinter::randperm(5000, kFloat32); }),
  };
}

std::vector<ErrorSample> randperm_errors() {
  return {
      {"negative", [] { sinter::randperm(-1); }, "[randperm] n must not be negative; got -1"},
      {"dtype", [] { sinter::randperm(257, kUInt8); },
       "[randperm] the dtype must hold every number; got 257 for u8"},
      {"too large", [] { sinter::randperm(kMax); }, "[randperm]"},
  };
}

std::vector<Sample> bernoulli() {
  std::vector<Sample> all;
  for (const Index& sizes : std::vector<Index>{{}, {7}, {0, 3}, {2, 3, 2, 2}}) {
    all.push_back({str(IntArrayRef(sizes)),
                   {Array(sizes, 0.5).tensor()},
                   [](const Tensors& in) -> Tensors { return {in[0].bernoulli()}; },
                   nullptr});
  }
  return all;
}

std::vector<ErrorSample> bernoulli_errors() {
  return {
      {"dtype", [] { zeros({2}, kInt64).bernoulli(); },
       "[bernoulli] is for floating dtypes; got i64"},
      {"a probability above 1", [] { full({2}, 1.5).bernoulli(); },
       "[bernoulli] probabilities must be in [0, 1]; got one that is not"},
      {"NaN", [] { full({2}, NAN).bernoulli(); }, "[bernoulli] probabilities must be in [0, 1]"},
  };
}

std::vector<Sample> dropout() {
  std::vector<Sample> all;
  for (const Index& sizes : std::vector<Index>{{}, {7}, {0, 3}, {3, 5}, {2, 3, 2, 2}}) {
    all.push_back({str(IntArrayRef(sizes)),
                   {values(sizes)},
                   [](const Tensors& in) -> Tensors { return {sinter::dropout(in[0], 0.3)}; },
                   nullptr});
  }
  all.push_back({"everything",
                 {values({3})},
                 [](const Tensors& in) -> Tensors {
                   return {sinter::dropout(in[0], 0.3), sinter::dropout(in[0], 1)};
                 },
                 nullptr});
  all.push_back({"whole channels",
                 {values({2, 3, 2, 2})},
                 [](const Tensors& in) -> Tensors {
                   manual_seed(7);
                   const Tensor whole = feature_dropout(in[0], 0.4);
                   manual_seed(7);
                   return {sinter::dropout(in[0], 0.3), whole};
                 },
                 nullptr});
  return all;
}

std::vector<ErrorSample> dropout_errors() {
  return {
      {"p", [] { sinter::dropout(zeros({2}), 1.5); }, "[dropout] p must be in [0, 1]; got 1.5"},
      {"p in evaluation", [] { sinter::dropout(zeros({2}), -1, false); },
       "[dropout] p must be in [0, 1]; got -1"},
      {"dtype", [] { sinter::dropout(zeros({2}, kInt32)); },
       "[dropout] is for floating dtypes; got i32"},
      {"channels of a vector", [] { feature_dropout(zeros({2})); },
       "[feature_dropout] takes at least 2 dimensions; got [2]"},
      {"channels, p",
       [] {
         feature_dropout(zeros({2, 2}), NAN);
       },
       "[feature_dropout] p must be in [0, 1]"},
  };
}

}  // namespace

std::vector<OpSamples> random_samples() {
  std::vector<OpSamples> all = {
      {"uniform", floating_dtypes(), uniform, uniform_errors,
       [](Tensors& in) { in[0].uniform_(-1, 2); }},
      {"normal", floating_dtypes(), normal, normal_errors,
       [](Tensors& in) { in[0].normal_(1, 2); }},
      {"exponential", floating_dtypes(), exponential, exponential_errors,
       [](Tensors& in) { in[0].exponential_(2); }},
      {"bernoulli_fill", all_dtypes(), bernoulli_fill, bernoulli_fill_errors,
       [](Tensors& in) { in[0].bernoulli_(0.3); }},
      {"random", all_dtypes(), random, random_errors, [](Tensors& in) { in[0].random_(0, 2); }},
      {"randperm", {kFloat32}, randperm, randperm_errors},
      {"bernoulli", floating_dtypes(), bernoulli, bernoulli_errors},
      {"dropout", floating_dtypes(), dropout, dropout_errors,
       [](Tensors& in) { dropout_(in[0], 0.3); }},
  };
  for (OpSamples& op : all) op.random = true;
  return all;
}

}  // namespace sinter::testing
