#include <limits>

#include "reference.h"

namespace sinter::testing {

namespace {

constexpr DType kFloatTypes[] = {kFloat32, kFloat64, kFloat16, kBFloat16};
std::vector<DType> float_types() { return {std::begin(kFloatTypes), std::end(kFloatTypes)}; }

// matmul by its definition: leading dimensions broadcast, every element one sum.
Numbers product(const Numbers& a, const Numbers& b) {
  const std::size_t da = std::min<std::size_t>(a.sizes.size(), 2);
  const std::size_t db = std::min<std::size_t>(b.sizes.size(), 2);
  const std::int64_t m = da == 2 ? a.sizes[a.sizes.size() - 2] : 1;
  const std::int64_t k = a.sizes.back(), n = db == 2 ? b.sizes.back() : 1;
  const std::size_t batch_dims = std::max(a.sizes.size() - da, b.sizes.size() - db);
  std::vector<std::int64_t> batch(batch_dims);
  const auto size_at = [&](const Numbers& x, std::size_t own, std::size_t d) {
    const std::size_t lead = x.sizes.size() - own;
    return d + lead < batch_dims ? std::int64_t{1} : x.sizes[d + lead - batch_dims];
  };
  for (std::size_t d = 0; d < batch_dims; ++d) {
    const std::int64_t sa = size_at(a, da, d), sb = size_at(b, db, d);
    batch[d] = sa == 1 ? sb : sa;
  }
  std::vector<std::int64_t> sizes = batch;
  if (da == 2) sizes.push_back(m);
  if (db == 2) sizes.push_back(n);
  Numbers c(sizes);
  const std::int64_t items = m * n == 0 ? 0 : static_cast<std::int64_t>(c.numel()) / (m * n);
  for (std::int64_t item = 0; item < items; ++item) {
    std::int64_t ia = 0, ib = 0;
    std::int64_t block = items;
    for (std::size_t d = 0; d < batch_dims; ++d) {
      block /= batch[d];
      const std::int64_t index = item / block % batch[d];
      const std::int64_t sa = size_at(a, da, d), sb = size_at(b, db, d);
      ia = ia * sa + (sa == 1 ? 0 : index);
      ib = ib * sb + (sb == 1 ? 0 : index);
    }
    for (std::int64_t i = 0; i < m; ++i) {
      for (std::int64_t j = 0; j < n; ++j) {
        double sum = 0;
        for (std::int64_t p = 0; p < k; ++p) {
          sum += a.values[static_cast<std::size_t>((ia * m + i) * k + p)] *
                 b.values[static_cast<std::size_t>((ib * k + p) * n + j)];
        }
        c.values[static_cast<std::size_t>((item * m + i) * n + j)] = sum;
      }
    }
  }
  return c;
}

Tensor product(const Tensor& a, const Tensor& b) {
  return product(Numbers(a), Numbers(b)).tensor();
}

using Run = std::function<Tensor(const Tensor&, const Tensor&)>;

Sample pair(const std::string& label, IntArrayRef a, IntArrayRef b, const Run& run,
            bool gradcheck = true) {
  Sample s;
  s.label = label;
  s.inputs = {sample_values(a, 1), sample_values(b, 2)};
  s.run = [run](const Tensors& in) { return Tensors{run(in[0], in[1])}; };
  s.reference = [](const Tensors& in) { return Tensors{product(in[0], in[1])}; };
  s.gradcheck = gradcheck;
  return s;
}

Sample integer_pair(DType dtype, IntArrayRef a, IntArrayRef b, const Run& run) {
  Sample s = pair("integers", a, b, run, false);
  s.label = str("dtype ", dtype);
  s.inputs = {sample_integers(a, dtype, 3), sample_integers(b, dtype, 4)};
  s.reference = [dtype](const Tensors& in) {
    return Tensors{product(in[0], in[1]).to(kInt64).to(dtype)};
  };
  return s;
}

ErrorSample error(const std::string& label, std::function<void()> run, const std::string& message) {
  return {label, std::move(run), message};
}

OpSamples mm_samples() {
  const Run run = [](const Tensor& a, const Tensor& b) { return mm(a, b); };
  OpSamples op{"mm", float_types(), {}, {}};
  op.samples = [run] {
    std::vector<Sample> s{
        pair("3x4 times 4x5", {3, 4}, {4, 5}, run),
        pair("one by one", {1, 1}, {1, 1}, run),
        pair("no terms", {2, 0}, {0, 3}, run),
        pair("no rows", {0, 4}, {4, 3}, run),
        pair("no columns", {4, 3}, {3, 0}, run),
        pair("one row", {1, 37}, {37, 19}, run, false),
        pair("one column", {21, 35}, {35, 1}, run, false),
        pair("edges of register blocks", {13, 33}, {33, 35}, run, false),
        pair("several blocks", {70, 300}, {300, 90}, run, false),
        pair("large enough for threads", {130, 140}, {140, 150}, run, false),
        pair("a long sum", {3, 20000}, {20000, 2}, run, false),
    };
    for (const DType dtype : {kUInt8, kInt8, kInt16, kInt32, kInt64}) {
      s.push_back(integer_pair(dtype, {5, 7}, {7, 6}, run));
    }
    Sample transposed = pair("transposed views", {4, 3}, {5, 4}, run);
    transposed.run = [](const Tensors& in) { return Tensors{mm(in[0].t(), in[1].t())}; };
    transposed.reference = [](const Tensors& in) { return Tensors{product(in[1], in[0]).t()}; };
    s.push_back(transposed);
    return s;
  };
  op.errors = [] {
    const Tensor a = sample_values({2, 3}), v = sample_values({3});
    return std::vector<ErrorSample>{
        error(
            "inner sizes", [=] { mm(a, a); }, "[mm] inner dimensions differ; got [2, 3] x [2, 3]"),
        error(
            "a vector", [=] { mm(a, v); }, "[mm] operand 1 must have 2 dimensions; got [3]"),
        error(
            "dtypes", [=] { mm(a, a.t().to(kFloat32)); },
            "[mm] tensors must have one dtype; got f64 and f32"),
        error(
            "bool", [=] { mm(a.to(kBool), a.t().to(kBool)); },
            "[mm] has no meaning for bool; got bool"),
        error(
            "undefined", [=] { mm(a, Tensor()); }, "[mm] input 1 is an undefined tensor"),
    };
  };
  op.tolerance = 1e-4;
  return op;
}

OpSamples bmm_samples() {
  const Run run = [](const Tensor& a, const Tensor& b) { return bmm(a, b); };
  OpSamples op{"bmm", float_types(), {}, {}};
  op.samples = [run] {
    return std::vector<Sample>{
        pair("two items", {2, 3, 4}, {2, 4, 5}, run),
        pair("no items", {0, 3, 4}, {0, 4, 5}, run),
        pair("no terms", {2, 3, 0}, {2, 0, 5}, run),
        pair("one item", {1, 6, 2}, {1, 2, 3}, run),
        pair("many small items", {65, 9, 11}, {65, 11, 10}, run, false),
        pair("one row each", {7, 1, 33}, {7, 33, 20}, run, false),
        integer_pair(kInt32, {3, 2, 4}, {3, 4, 2}, run),
    };
  };
  op.errors = [] {
    const Tensor a = sample_values({2, 3, 4}), b = sample_values({3, 4, 5});
    return std::vector<ErrorSample>{
        error(
            "batch", [=] { bmm(a, b); }, "[bmm] batch sizes differ; got [2, 3, 4] x [3, 4, 5]"),
        error(
            "rank", [=] { bmm(a, b[0]); }, "[bmm] operand 1 must have 3 dimensions; got [4, 5]"),
        error(
            "inner", [=] { bmm(a, a); }, "[bmm] inner dimensions differ"),
    };
  };
  return op;
}

OpSamples matmul_op_samples() {
  const Run run = [](const Tensor& a, const Tensor& b) { return matmul(a, b); };
  OpSamples op{"matmul", float_types(), {}, {}};
  op.samples = [run] {
    return std::vector<Sample>{
        pair("vector and vector", {5}, {5}, run),
        pair("vector and matrix", {4}, {4, 3}, run),
        pair("matrix and vector", {3, 4}, {4}, run),
        pair("matrix and matrix", {3, 4}, {4, 2}, run),
        pair("vector and batch", {4}, {2, 4, 3}, run),
        pair("batch and vector", {2, 3, 4}, {4}, run),
        pair("batch and matrix", {2, 3, 4}, {4, 5}, run),
        pair("matrix and batch", {3, 4}, {2, 4, 5}, run),
        pair("batches broadcast", {2, 1, 3, 4}, {3, 4, 2}, run),
        pair("batches broadcast both ways", {2, 1, 2, 3}, {1, 3, 3, 2}, run),
        pair("an empty batch", {0, 3, 4}, {4, 2}, run),
        pair("no terms", {2, 3, 0}, {0, 4}, run),
        pair("batch of rows", {6, 1, 20}, {20, 33}, run, false),
    };
  };
  op.errors = [] {
    const Tensor a = sample_values({2, 3, 4}), s = sample_values({});
    return std::vector<ErrorSample>{
        error(
            "0-d", [=] { matmul(a, s); },
            "[matmul] operands must have at least 1 dimension; got [2, 3, 4] x []"),
        error(
            "inner", [=] { matmul(a, a); }, "[matmul] inner dimensions differ"),
        error(
            "batch",
            [=] {
              matmul(a, sample_values({3, 4, 2}));
            },
            "[matmul] shapes do not broadcast; got [2] and [3]"),
    };
  };
  return op;
}

OpSamples mv_samples() {
  const Run run = [](const Tensor& a, const Tensor& x) { return mv(a, x); };
  OpSamples op{"mv", float_types(), {}, {}};
  op.samples = [run] {
    return std::vector<Sample>{
        pair("3x4", {3, 4}, {4}, run),
        pair("no rows", {0, 4}, {4}, run),
        pair("no columns", {3, 0}, {0}, run),
        pair("one element", {1, 1}, {1}, run),
        pair("wide", {3, 500}, {500}, run, false),
        pair("tall", {300, 7}, {7}, run, false),
        integer_pair(kInt64, {4, 6}, {6}, run),
    };
  };
  op.errors = [] {
    const Tensor a = sample_values({2, 3});
    return std::vector<ErrorSample>{
        error(
            "inner", [=] { mv(a, sample_values({2})); },
            "[mv] inner dimensions differ; got [2, 3] x [2]"),
        error(
            "rank", [=] { mv(a, a); }, "[mv] operand 1 must have 1 dimension; got [2, 3]"),
    };
  };
  return op;
}

OpSamples dot_samples() {
  const Run run = [](const Tensor& a, const Tensor& b) { return dot(a, b); };
  OpSamples op{"dot", float_types(), {}, {}};
  op.samples = [run] {
    std::vector<Sample> s{
        pair("five", {5}, {5}, run),
        pair("one", {1}, {1}, run),
        pair("none", {0}, {0}, run),
        pair("odd length", {77}, {77}, run, false),
        pair("long enough for threads", {40000}, {40000}, run, false),
        integer_pair(kUInt8, {50}, {50}, run),
    };
    Sample strided = pair("strided", {4, 3}, {4, 3}, run);
    strided.run = [](const Tensors& in) {
      return Tensors{dot(in[0].select(1, 1), in[1].select(1, 2))};
    };
    strided.reference = [](const Tensors& in) {
      const Numbers a(in[0]), b(in[1]);
      Numbers sum(std::vector<std::int64_t>{});
      for (int i = 0; i < 4; ++i) sum.values[0] += a(i, 1) * b(i, 2);
      return Tensors{sum.tensor()};
    };
    s.push_back(strided);
    return s;
  };
  op.errors = [] {
    const Tensor a = sample_values({3});
    return std::vector<ErrorSample>{
        error(
            "lengths", [=] { dot(a, sample_values({4})); },
            "[dot] inner dimensions differ; got [3] x [4]"),
        error(
            "rank",
            [=] {
              vdot(a, sample_values({3, 1}));
            },
            "[dot] operand 1 must have 1 dimension; got [3, 1]"),
        error(
            "outer of a matrix",
            [=] {
              outer(a, sample_values({3, 1}));
            },
            "[outer] takes two vectors; got [3] and [3, 1]"),
    };
  };
  op.tolerance = 1e-4;
  return op;
}

// beta * input, broadcast, + alpha * a b.
Tensor added(const Tensors& in, double beta, double alpha) {
  Numbers c = product(Numbers(in[1]), Numbers(in[2]));
  const Numbers input(in[0]);
  const std::size_t rank = c.sizes.size(), own = input.sizes.size();
  for (std::size_t i = 0; i < c.numel(); ++i) {
    std::size_t rest = i, place = 0, step = 1;
    for (std::size_t d = rank; d-- > 0;) {
      const std::size_t index = rest % static_cast<std::size_t>(c.sizes[d]);
      rest /= static_cast<std::size_t>(c.sizes[d]);
      if (d + own < rank) continue;
      const auto size = static_cast<std::size_t>(input.sizes[d + own - rank]);
      if (size != 1) place += index * step;
      step *= size;
    }
    c.values[i] = alpha * c.values[i] + (beta == 0 ? 0 : beta * input.values[place]);
  }
  return c.tensor();
}

Sample triple(const std::string& label, IntArrayRef input, IntArrayRef a, IntArrayRef b,
              double beta = 1, double alpha = 1) {
  Sample s;
  s.label = label;
  s.inputs = {sample_values(input, 5), sample_values(a, 6), sample_values(b, 7)};
  const bool batched = a.size() == 3;
  s.run = [=](const Tensors& in) {
    return Tensors{batched ? baddbmm(in[0], in[1], in[2], beta, alpha)
                           : addmm(in[0], in[1], in[2], beta, alpha)};
  };
  s.reference = [=](const Tensors& in) { return Tensors{added(in, beta, alpha)}; };
  return s;
}

OpSamples addmm_samples() {
  OpSamples op{"addmm", float_types(), {}, {}};
  op.samples = [] {
    std::vector<Sample> s{
        triple("a matrix", {3, 2}, {3, 4}, {4, 2}),
        triple("a row, scaled", {2}, {3, 4}, {4, 2}, 0.5, -2),
        triple("a column", {3, 1}, {3, 4}, {4, 2}, 1, 0.25),
        triple("a number", {}, {3, 4}, {4, 2}, 3, 1),
        triple("no terms leave beta times input", {3, 2}, {3, 0}, {0, 2}, 0.5, 1),
        triple("nothing", {0, 2}, {0, 4}, {4, 2}),
    };
    Sample ignored = triple("beta 0 ignores NaN", {3, 2}, {3, 4}, {4, 2}, 0, 1);
    ignored.inputs[0].fill_(std::numeric_limits<double>::quiet_NaN());
    ignored.gradcheck = false;
    s.push_back(ignored);
    Sample integers = triple("integers", {3, 2}, {3, 4}, {4, 2});
    integers.inputs = {sample_integers({2}, kInt32, 1), sample_integers({3, 4}, kInt32, 2),
                       sample_integers({4, 2}, kInt32, 3)};
    integers.run = [](const Tensors& in) { return Tensors{addmm(in[0], in[1], in[2], 2, -3)}; };
    integers.reference = [](const Tensors& in) { return Tensors{added(in, 2, -3)}; };
    integers.gradcheck = false;
    s.push_back(integers);
    return s;
  };
  op.errors = [] {
    const Tensor a = sample_values({2, 3}), b = sample_values({3, 4});
    return std::vector<ErrorSample>{
        error(
            "added", [=] { addmm(sample_values({3}), a, b); }, "shapes do not broadcast"),
        error(
            "added is larger",
            [=] {
              addmm(sample_values({1, 2, 4}), a, b);
            },
            "[addmm] the added tensor must broadcast to the product [2, 4]; got [1, 2, 4]"),
        error(
            "fractional factor",
            [=] { addmm(a.to(kInt64).matmul(b.to(kInt64)), a.to(kInt64), b.to(kInt64), 1, 0.5); },
            "[addmm] alpha must be an integer for integral tensors; got 0.5"),
    };
  };
  return op;
}

OpSamples baddbmm_samples() {
  OpSamples op{"baddbmm", float_types(), {}, {}};
  op.samples = [] {
    return std::vector<Sample>{
        triple("a batch", {2, 3, 2}, {2, 3, 4}, {2, 4, 2}),
        triple("a matrix, scaled", {3, 2}, {2, 3, 4}, {2, 4, 2}, 2, 0.5),
        triple("a row", {2}, {2, 3, 4}, {2, 4, 2}, -1, 1),
        triple("one per item", {2, 1, 1}, {2, 3, 4}, {2, 4, 2}),
        triple("an empty batch", {0, 3, 2}, {0, 3, 4}, {0, 4, 2}),
    };
  };
  op.errors = [] {
    const Tensor a = sample_values({2, 2, 3});
    return std::vector<ErrorSample>{
        error(
            "inner", [=] { baddbmm(a, a, a); }, "[baddbmm] inner dimensions differ"),
        error(
            "beta",
            [=] {
              const Tensor i = a.to(kInt32);
              baddbmm(i[0][0][0], i, i.transpose(1, 2), 1.5);
            },
            "[baddbmm] beta must be an integer for integral tensors; got 1.5"),
    };
  };
  return op;
}

Sample layer(const std::string& label, IntArrayRef x, IntArrayRef weight, bool biased,
             bool gradcheck = true) {
  Sample s;
  s.label = label;
  s.inputs = {sample_values(x, 8), sample_values(weight, 9),
              biased ? sample_values({weight[0]}, 10) : Tensor()};
  s.run = [](const Tensors& in) { return Tensors{linear(in[0], in[1], in[2])}; };
  s.reference = [](const Tensors& in) {
    const Tensor y = product(in[0], in[1].t());
    if (!in[2].defined()) return Tensors{y};
    Numbers out(y);
    const Numbers bias(in[2]);
    for (std::size_t i = 0; i < out.numel(); ++i) out.values[i] += bias.values[i % bias.numel()];
    return Tensors{out.tensor()};
  };
  s.gradcheck = gradcheck;
  return s;
}

OpSamples linear_samples() {
  OpSamples op{"linear", float_types(), {}, {}};
  op.samples = [] {
    std::vector<Sample> s{
        layer("a batch", {3, 4}, {2, 4}, true),
        layer("no bias", {3, 4}, {2, 4}, false),
        layer("one vector", {4}, {2, 4}, true),
        layer("two batch dimensions", {2, 3, 4}, {5, 4}, true),
        layer("an empty batch", {0, 4}, {2, 4}, true),
        layer("no inputs leave the bias", {3, 0}, {2, 0}, true),
        layer("many rows", {40, 37}, {29, 37}, true, false),
        layer("few rows", {5, 300}, {70, 300}, true, false),
        layer("no outputs", {3, 4}, {0, 4}, true),
    };
    Sample integers = layer("integers", {3, 4}, {2, 4}, true, false);
    integers.inputs = {sample_integers({3, 4}, kInt16, 1), sample_integers({2, 4}, kInt16, 2),
                       sample_integers({2}, kInt16, 3)};
    s.push_back(integers);
    return s;
  };
  op.errors = [] {
    const Tensor x = sample_values({2, 3}), w = sample_values({4, 3});
    return std::vector<ErrorSample>{
        error(
            "sizes", [=] { linear(x, w.t()); },
            "[linear] input [..., in] and weight [out, in] must agree; got [2, 3] and [3, 4]"),
        error(
            "bias", [=] { linear(x, w, sample_values({3})); },
            "[linear] bias must have one element for each output 4; got [3]"),
        error(
            "dtype", [=] { linear(x, w.to(kFloat32)); },
            "[linear] tensors must have one dtype; got f64 and f32"),
    };
  };
  return op;
}

}  // namespace

std::vector<OpSamples> matmul_samples() {
  return {mm_samples(),  bmm_samples(),   matmul_op_samples(), mv_samples(),
          dot_samples(), addmm_samples(), baddbmm_samples(),   linear_samples()};
}

}  // namespace sinter::testing
