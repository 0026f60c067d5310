#include <sinter/ops/cpu/dense.h>
#include <sinter/ops/cpu/gemm.h>
#include <sinter/ops/cpu/matmul_kernels.h>
#include <sinter/ops/matmul_attrs.h>

#include <algorithm>
#include <type_traits>

namespace sinter::ops::cpu {

namespace {

// One operand: strides of the matrix, and of the batch dimensions of the product.
struct Operand {
  std::int64_t row = 0, col = 0;
  Dims batch;
};

struct Problem {
  std::int64_t m = 1, n = 1, k = 1;
  Dims batch;  // sizes
  Operand a, b;
};

// An input as the kernel reads it.
struct Layout {
  IntArrayRef sizes, strides;
};

void set_batch(Operand& x, const Layout& layout, std::size_t matrix_dims, const Dims& batch) {
  const std::size_t own = layout.sizes.size() - matrix_dims;
  x.batch = Dims(batch.size(), 0);
  for (std::size_t d = 0; d < own; ++d) {
    const std::size_t to = batch.size() - own + d;
    x.batch[to] = layout.sizes[d] == 1 ? 0 : layout.strides[d];
  }
}

// The rank rules of matmul; infer has checked them.
Problem matmul_problem(const Layout& a, const Layout& b) {
  Problem p;
  const std::size_t da = std::min<std::size_t>(a.sizes.size(), 2);
  const std::size_t db = std::min<std::size_t>(b.sizes.size(), 2);
  p.k = a.sizes.back();
  p.a.col = a.strides.back();
  if (da == 2) {
    p.m = a.sizes[a.sizes.size() - 2];
    p.a.row = a.strides[a.sizes.size() - 2];
  }
  p.b.row = b.strides[b.sizes.size() - db];
  p.b.col = 1;
  if (db == 2) {
    p.n = b.sizes.back();
    p.b.col = p.n == 1 ? 1 : b.strides.back();
  }
  p.batch = broadcast_shapes("matmul", a.sizes.slice(0, a.sizes.size() - da),
                             b.sizes.slice(0, b.sizes.size() - db));
  set_batch(p.a, a, da, p.batch);
  set_batch(p.b, b, db, p.batch);
  return p;
}

// One matrix b for the whole batch: the batch becomes more rows, where a's rows are evenly spaced.
void fold_batch_into_rows(Problem& p) {
  if (p.m == 1 && !p.batch.empty()) p.a.row = p.a.batch.back();
  std::int64_t rows = p.m;
  for (std::size_t d = p.batch.size(); d-- > 0;) {
    if (p.batch[d] != 1 && (p.b.batch[d] != 0 || p.a.batch[d] != rows * p.a.row)) return;
    rows *= p.batch[d];
  }
  p.m = rows;
  p.batch.clear();
}

// Merges neighbouring batch dimensions that both operands step through evenly.
void merge_batch(Problem& p) {
  for (std::size_t d = p.batch.size(); d-- > 1;) {
    const std::int64_t inner = p.batch[d];
    if (inner != 1 &&
        (p.a.batch[d - 1] != p.a.batch[d] * inner || p.b.batch[d - 1] != p.b.batch[d] * inner)) {
      continue;
    }
    if (inner != 1) {
      p.a.batch[d - 1] = p.a.batch[d];
      p.b.batch[d - 1] = p.b.batch[d];
    }
    p.batch[d - 1] *= inner;
    p.batch.erase(d);
    p.a.batch.erase(d);
    p.b.batch.erase(d);
  }
}

// Calls fn(a offset, b offset, c offset) for each index of all batch dimensions but the last.
template <class F>
void for_outer_batch(const Problem& p, F&& fn) {
  const std::size_t outer = p.batch.size() - 1;
  std::int64_t count = 1;
  for (std::size_t d = 0; d < outer; ++d) count *= p.batch[d];
  const std::int64_t inner = p.batch.back() * p.m * p.n;
  for (std::int64_t i = 0; i < count; ++i) {
    std::int64_t rest = i, a = 0, b = 0;
    for (std::size_t d = outer; d-- > 0;) {
      const std::int64_t index = rest % p.batch[d];
      rest /= p.batch[d];
      a += index * p.a.batch[d];
      b += index * p.b.batch[d];
    }
    fn(a, b, i * inner);
  }
}

template <class T>
struct Ending {
  T alpha = 1;
  bool accumulate = false;
  const T* bias = nullptr;
};

template <class T>
void run_problem(Problem p, const T* a, const T* b, T* c, const Ending<T>& ending) {
  fold_batch_into_rows(p);
  merge_batch(p);
  Gemm<T> g{p.m, p.n, p.k, {a, p.a.row, p.a.col}, {b, p.b.row, p.b.col}, c, p.n};
  g.alpha = ending.alpha;
  g.accumulate = ending.accumulate;
  g.bias = ending.bias;
  if (p.batch.empty()) return gemm(g);
  const BatchStrides batch{p.batch.back(), p.a.batch.back(), p.b.batch.back(), p.m * p.n};
  for_outer_batch(p, [&](std::int64_t a_at, std::int64_t b_at, std::int64_t c_at) {
    Gemm<T> part = g;
    part.a.data += a_at;
    part.b.data += b_at;
    part.c += c_at;
    gemm(part, batch);
  });
}

// Integers wrap around: they are summed as u64 and cut down.
template <class T>
struct IntegerEnding {
  std::uint64_t alpha = 1;
  bool accumulate = false;
};

template <class T>
void integer_rows(const Problem& p, const T* a, const T* b, T* c, const IntegerEnding<T>& ending) {
  const auto grain = (1 << 15) / std::max<std::int64_t>(p.n * p.k, 1) + 1;
  parallel_for(0, p.m, grain, [&](std::int64_t begin, std::int64_t end) {
    const Workspace<std::uint64_t> sums(p.n);
    for (std::int64_t i = begin; i < end; ++i) {
      std::fill_n(sums.data(), p.n, std::uint64_t{0});
      for (std::int64_t q = 0; q < p.k; ++q) {
        const auto x = static_cast<std::uint64_t>(a[i * p.a.row + q * p.a.col]);
        const T* row = b + q * p.b.row;
        for (std::int64_t j = 0; j < p.n; ++j) {
          sums[j] += x * static_cast<std::uint64_t>(row[j * p.b.col]);
        }
      }
      for (std::int64_t j = 0; j < p.n; ++j) {
        T& to = c[i * p.n + j];
        const std::uint64_t base = ending.accumulate ? static_cast<std::uint64_t>(to) : 0;
        to = static_cast<T>(base + ending.alpha * sums[j]);
      }
    }
  });
}

template <class T>
void run_integers(const Problem& p, const T* a, const T* b, T* c, const IntegerEnding<T>& ending) {
  Problem one = p;
  one.batch.push_back(1);
  one.a.batch.push_back(0);
  one.b.batch.push_back(0);
  for_outer_batch(one, [&](std::int64_t a_at, std::int64_t b_at, std::int64_t c_at) {
    integer_rows(one, a + a_at, b + b_at, c + c_at, ending);
  });
}

// The strides at which a kernel in T reads an input: its own, if DenseInput need not move it.
template <class T>
Dims read_strides(const TensorMeta& meta) {
  if (meta.dtype == dtype_of<T> || meta.non_overlapping_and_dense()) return meta.strides;
  return contiguous_strides(meta.sizes);
}

// An operand in T, and where its elements lie.
template <class T>
struct Matrix {
  Dims sizes, strides;
  DenseInput<T> copy;
  const T* data;

  explicit Matrix(const TensorImpl& x) : sizes(x.meta.sizes), strides(read_strides<T>(x.meta)) {
    if (x.meta.dtype == dtype_of<T>) {
      data = reinterpret_cast<const T*>(x.data());
    } else {
      copy = DenseInput<T>(x, strides);
      data = copy.data();
    }
  }
  Layout layout() const { return {sizes, strides}; }
};

template <class T>
void floating_matmul(const KernelContext& c) {
  const Matrix<T> a(*c.in[0].impl()), b(*c.in[1].impl());
  const DenseOutput<T> out(c.out[0]);
  run_problem<T>(matmul_problem(a.layout(), b.layout()), a.data, b.data, out.data(), {});
  out.commit();
}

// Calls fn<T>() with the element type of an integer dtype.
template <class F>
void visit_integer(DType dtype, F&& fn) {
  visit_dtype(dtype, [&]<class T>() {
    if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) fn.template operator()<T>();
  });
}

Layout own_layout(const TensorMeta& meta) { return {meta.sizes, meta.strides}; }

// input, which broadcasts to sizes, as strides over sizes.
Dims broadcast_strides(IntArrayRef input_sizes, IntArrayRef strides, IntArrayRef sizes) {
  Dims result(sizes.size(), 0);
  const std::size_t skip = sizes.size() - input_sizes.size();
  for (std::size_t d = 0; d < input_sizes.size(); ++d) {
    if (input_sizes[d] != 1) result[skip + d] = strides[d];
  }
  return result;
}

// Calls fn(c offset, input offset) for each row of an output of 2 or 3 dimensions.
template <class F>
void for_rows(IntArrayRef sizes, const Dims& strides, F&& fn) {
  const std::size_t r = sizes.size() - 2;
  const std::int64_t batch = r == 1 ? sizes[0] : 1;
  for (std::int64_t i = 0; i < batch; ++i) {
    for (std::int64_t j = 0; j < sizes[r]; ++j) {
      fn((i * sizes[r] + j) * sizes[r + 1], (r == 1 ? i * strides[0] : 0) + j * strides[r]);
    }
  }
}

// c = beta * input. T computes: float and double, or u64 for the integers In.
template <class T, class In>
void fill_scaled(In* c, const In* input, const TensorMeta& out, const Dims& strides, T beta) {
  const std::int64_t n = out.sizes.back();
  const std::int64_t step = strides.back();
  for_rows(out.sizes, strides, [&](std::int64_t c_at, std::int64_t input_at) {
    for (std::int64_t j = 0; j < n; ++j) {
      c[c_at + j] = static_cast<In>(beta * static_cast<T>(input[input_at + j * step]));
    }
  });
}

template <class T>
void floating_addmm(const KernelContext& c) {
  const auto& attrs = c.attrs<AddmmAttrs>();
  const Matrix<T> input(*c.in[0].impl()), a(*c.in[1].impl()), b(*c.in[2].impl());
  const TensorMeta& meta = c.out[0].impl()->meta;
  const DenseOutput<T> out(c.out[0]);
  const T beta = static_cast<T>(attrs.beta.to_double());
  if (beta != T(0)) {
    fill_scaled<T>(out.data(), input.data, meta,
                   broadcast_strides(input.sizes, input.strides, meta.sizes), beta);
  }
  const Ending<T> ending{static_cast<T>(attrs.alpha.to_double()), beta != T(0), nullptr};
  run_problem<T>(matmul_problem(a.layout(), b.layout()), a.data, b.data, out.data(), ending);
  out.commit();
}

template <class T>
void integer_addmm(const KernelContext& c) {
  const auto& attrs = c.attrs<AddmmAttrs>();
  const TensorMeta& input = c.in.meta(0);
  const TensorMeta& meta = c.out[0].impl()->meta;
  const auto beta = static_cast<std::uint64_t>(attrs.beta.to_int());
  fill_scaled<std::uint64_t>(c.out_data<T>(), c.in_data<T>(0), meta,
                             broadcast_strides(input.sizes, input.strides, meta.sizes), beta);
  const IntegerEnding<T> ending{static_cast<std::uint64_t>(attrs.alpha.to_int()), true};
  run_integers<T>(matmul_problem(own_layout(c.in.meta(1)), own_layout(c.in.meta(2))),
                  c.in_data<T>(1), c.in_data<T>(2), c.out_data<T>(), ending);
}

// The weight's transpose as the right operand.
Problem linear_problem(const Layout& x, const Layout& weight) {
  const Dims sizes{weight.sizes[1], weight.sizes[0]};
  const Dims strides{weight.strides[1], weight.strides[0]};
  return matmul_problem(x, {sizes, strides});
}

template <class T>
void floating_linear(const KernelContext& c) {
  const Matrix<T> x(*c.in[0].impl()), weight(*c.in[1].impl());
  const DenseInput<T> bias = optional_input<T>(c.in[2]);
  const DenseOutput<T> out(c.out[0]);
  run_problem<T>(linear_problem(x.layout(), weight.layout()), x.data, weight.data, out.data(),
                 {1, false, bias.data()});
  out.commit();
}

template <class T>
void integer_linear(const KernelContext& c) {
  const TensorMeta& meta = c.out[0].impl()->meta;
  const std::int64_t n = meta.sizes.back();
  T* out = c.out_data<T>();
  const bool biased = c.in.defined(2);
  for (std::int64_t i = 0; biased && i < meta.numel; ++i) {
    out[i] = c.in_data<T>(2)[i % n * c.in.meta(2).strides[0]];
  }
  run_integers<T>(linear_problem(own_layout(c.in.meta(0)), own_layout(c.in.meta(1))),
                  c.in_data<T>(0), c.in_data<T>(1), out, {1, biased});
}

}  // namespace

void matmul(const KernelContext& c) {
  const DType dtype = c.in.meta(0).dtype;
  if (is_floating_point(dtype)) {
    return visit_compute(dtype, [&]<class T>() { floating_matmul<T>(c); });
  }
  visit_integer(dtype, [&]<class T>() {
    run_integers<T>(matmul_problem(own_layout(c.in.meta(0)), own_layout(c.in.meta(1))),
                    c.in_data<T>(0), c.in_data<T>(1), c.out_data<T>(), {});
  });
}

void linear(const KernelContext& c) {
  const DType dtype = c.in.meta(0).dtype;
  if (is_floating_point(dtype)) {
    return visit_compute(dtype, [&]<class T>() { floating_linear<T>(c); });
  }
  visit_integer(dtype, [&]<class T>() { integer_linear<T>(c); });
}

void addmm(const KernelContext& c) {
  const DType dtype = c.in.meta(0).dtype;
  if (is_floating_point(dtype)) {
    return visit_compute(dtype, [&]<class T>() { floating_addmm<T>(c); });
  }
  visit_integer(dtype, [&]<class T>() { integer_addmm<T>(c); });
}

}  // namespace sinter::ops::cpu
