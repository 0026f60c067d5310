#include <sinter/ops/attention_attrs.h>
#include <sinter/ops/cpu/attention_kernels.h>
#include <sinter/ops/cpu/attention_simd.h>
#include <sinter/ops/cpu/dense.h>
#include <sinter/ops/cpu/gemm.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace sinter::ops::cpu {

namespace {

// Queries and keys that one block of scores covers.
constexpr std::int64_t kQueries = 64;
constexpr std::int64_t kKeys = 128;

template <class T>
constexpr T kLowest = -std::numeric_limits<T>::infinity();

// A batch of matrices in T, at any strides.
template <class T>
class Matrices {
 public:
  explicit Matrices(const TensorImpl& x) : sizes_(x.meta.sizes), strides_(x.meta.strides) {
    if (x.meta.dtype == dtype_of<T>) {
      data_ = reinterpret_cast<const T*>(x.data());
      return;
    }
    strides_ = contiguous_strides(sizes_);
    copy_ = DenseInput<T>(x, strides_);
    data_ = copy_.data();
  }
  MatrixRef<T> operator[](std::int64_t item) const {
    const T* at = data_;
    for (std::size_t d = sizes_.size() - 2; d-- > 0;) {
      at += item % sizes_[d] * strides_[d];
      item /= sizes_[d];
    }
    return {at, strides_[sizes_.size() - 2], strides_[sizes_.size() - 1]};
  }

 private:
  Dims sizes_, strides_;
  DenseInput<T> copy_;
  const T* data_;
};

// A mask that broadcasts over [batch, queries, keys].
class Mask {
 public:
  Mask(const Tensor& mask, IntArrayRef batch) : batch_(batch) {
    if (!mask.defined()) return;
    const TensorMeta& meta = mask.impl()->meta;
    data_ = mask.impl()->data();
    dtype_ = meta.dtype;
    strides_ = Dims(batch.size() + 2, 0);
    for (std::size_t d = 0; d < meta.dim(); ++d) {
      if (meta.sizes[d] != 1) strides_[strides_.size() - meta.dim() + d] = meta.strides[d];
    }
  }

  // Applies the mask to a block of scores [rows, kKeys].
  template <class T>
  void apply(std::int64_t item, std::int64_t i, std::int64_t rows, std::int64_t j,
             std::int64_t columns, T* scores) const {
    if (data_ == nullptr) return;
    std::int64_t base = 0;
    for (std::size_t d = batch_.size(); d-- > 0;) {
      base += item % batch_[d] * strides_[d];
      item /= batch_[d];
    }
    const std::int64_t row = strides_[batch_.size()], column = strides_[batch_.size() + 1];
    visit_dtype(dtype_, [&]<class M>() {
      for (std::int64_t r = 0; r < rows; ++r) {
        const M* mask = reinterpret_cast<const M*>(data_) + base + (i + r) * row + j * column;
        T* to = scores + r * kKeys;
        for (std::int64_t c = 0; c < columns; ++c) {
          if constexpr (std::is_same_v<M, bool>) {
            if (!mask[c * column]) to[c] = kLowest<T>;
          } else {
            to[c] += static_cast<T>(mask[c * column]);
          }
        }
      }
    });
  }

 private:
  Dims batch_;
  const char* data_ = nullptr;
  DType dtype_ = kBool;
  Dims strides_;
};

template <class T>
struct Problem {
  std::int64_t batch, queries, keys, width, value_width;
  T scale;
  bool causal;
  Matrices<T> q, k, v;
  Mask mask;

  Problem(const TensorRefs& in, std::size_t first, const AttentionAttrs& attrs)
      : scale(static_cast<T>(attrs.scale)),
        causal(attrs.is_causal),
        q(*in[first].impl()),
        k(*in[first + 1].impl()),
        v(*in[first + 2].impl()),
        mask(in[first + 3], batch_sizes(in.meta(first))) {
    const Dims& sizes = in.meta(first).sizes;
    batch = 1;
    for (const std::int64_t size : batch_sizes(in.meta(first))) batch *= size;
    queries = sizes[sizes.size() - 2];
    width = sizes.back();
    keys = in.meta(first + 1).sizes[sizes.size() - 2];
    value_width = in.meta(first + 2).sizes.back();
  }

  static IntArrayRef batch_sizes(const TensorMeta& q) {
    return IntArrayRef(q.sizes).slice(0, q.dim() - 2);
  }
  std::int64_t query_blocks() const { return (queries + kQueries - 1) / kQueries; }
  std::int64_t key_blocks() const { return (keys + kKeys - 1) / kKeys; }
  std::int64_t rows(std::int64_t i) const { return std::min(kQueries, queries - i); }
  std::int64_t columns(std::int64_t j) const { return std::min(kKeys, keys - j); }
  // Whether any query of the block at i may look at the keys at j.
  bool sees(std::int64_t i, std::int64_t j) const { return !causal || j < i + rows(i); }

  // scores [rows, kKeys] of the block at (i, j).
  void scores(std::int64_t item, std::int64_t i, std::int64_t j, T* s) const {
    Gemm<T> g{rows(i), columns(j), width, q[item].at(i, 0), k[item].at(j, 0).t(), s, kKeys};
    g.alpha = scale;
    gemm_serial(g);
    mask.apply(item, i, rows(i), j, columns(j), s);
    if (!causal) return;
    for (std::int64_t r = 0; r < rows(i); ++r) {
      for (std::int64_t c = std::max<std::int64_t>(i + r - j + 1, 0); c < columns(j); ++c) {
        s[r * kKeys + c] = kLowest<T>;
      }
    }
  }
};

// --- Forward: each block of queries runs over the keys with a running maximum and sum.

template <class T>
struct Forward {
  const Problem<T>& p;
  T* out;         // [batch, queries, value_width]
  T* logsumexps;  // [batch, queries]

  void block(std::int64_t item, std::int64_t i, T* s) const {
    const std::int64_t rows = p.rows(i);
    T most[kQueries], sum[kQueries];
    std::fill_n(most, rows, kLowest<T>);
    std::fill_n(sum, rows, T(0));
    T* to = out + (item * p.queries + i) * p.value_width;
    std::fill_n(to, rows * p.value_width, T(0));
    for (std::int64_t j = 0; j < p.keys && p.sees(i, j); j += kKeys) {
      p.scores(item, i, j, s);
      for (std::int64_t r = 0; r < rows; ++r) {
        update_row(p.columns(j), s + r * kKeys, to + r * p.value_width, most[r], sum[r]);
      }
      Gemm<T> g{rows, p.value_width, p.columns(j), {s, kKeys, 1}, p.v[item].at(j, 0),
                to,   p.value_width};
      g.accumulate = true;
      gemm_serial(g);
    }
    for (std::int64_t r = 0; r < rows; ++r) {
      finish_row(item * p.queries + i + r, most[r], sum[r]);
    }
  }

  // Turns scores into exponentials, and brings what was summed so far to the new maximum.
  void update_row(std::int64_t columns, T* s, T* to, T& most, T& sum) const {
    const auto& loops = score_loops<T>();
    const T next = std::max(most, loops.maximum(columns, s));
    // Nothing seen so far: any finite shift gives zeros (and NaN for NaN).
    const T shift = next == kLowest<T> ? T(0) : next;
    const T factor = std::exp(most - shift);
    if (factor != T(1)) loops.scale(p.value_width, factor, to);
    sum = sum * factor + loops.exponentials(columns, shift, s);
    most = next;
  }

  void finish_row(std::int64_t row, T most, T sum) const {
    if (sum == T(0)) {
      logsumexps[row] = -kLowest<T>;
      return;
    }
    score_loops<T>().scale(p.value_width, T(1) / sum, out + row * p.value_width);
    logsumexps[row] = most + std::log(sum);
  }
};

std::int64_t block_grain(double work) {
  constexpr double kThreadWork = 1 << 17;
  return static_cast<std::int64_t>(kThreadWork / std::max(work, 1.0)) + 1;
}

template <class T>
double block_work(const Problem<T>& p) {
  return static_cast<double>(kQueries) * static_cast<double>(p.keys) *
         static_cast<double>(p.width + p.value_width);
}

template <class T>
void attention_of(const KernelContext& c) {
  const Problem<T> p(c.in, 0, c.attrs<AttentionAttrs>());
  const DenseOutput<T> out(c.out[0]);
  const Forward<T> forward{p, out.data(), c.out_data<T>(1)};
  const std::int64_t blocks = p.query_blocks();
  parallel_for(0, p.batch * blocks, block_grain(block_work(p)),
               [&](std::int64_t begin, std::int64_t end) {
                 const Workspace<T> scores(kQueries * kKeys);
                 for (std::int64_t b = begin; b < end; ++b) {
                   forward.block(b / blocks, b % blocks * kQueries, scores.data());
                 }
               });
  out.commit();
}

// --- Backward. With P the probabilities and dP = dO V^T: dV = P^T dO, dS = P * (dP - rowsum(dO *
// O)), dQ = scale dS K, dK = scale dS^T Q.

template <class T>
struct Backward {
  const Problem<T>& p;
  Matrices<T> dout;
  const T* logsumexps;
  const T* deltas;  // rowsum(dO * O)
  T *dq, *dk, *dv;

  struct Space {
    Workspace<T> probabilities{kQueries * kKeys}, gradient{kQueries * kKeys};
  };

  // P and dS of the block at (i, j).
  void scores(std::int64_t item, std::int64_t i, std::int64_t j, const Space& space) const {
    T* s = space.probabilities.data();
    T* ds = space.gradient.data();
    p.scores(item, i, j, s);
    gemm_serial(Gemm<T>{p.rows(i), p.columns(j), p.value_width, dout[item].at(i, 0),
                        p.v[item].at(j, 0).t(), ds, kKeys});
    for (std::int64_t r = 0; r < p.rows(i); ++r) {
      const std::int64_t row = item * p.queries + i + r;
      score_loops<T>().exponentials(p.columns(j), logsumexps[row], s + r * kKeys);
      score_loops<T>().backward(p.columns(j), s + r * kKeys, deltas[row], ds + r * kKeys);
    }
  }

  void add_query_gradient(std::int64_t item, std::int64_t i, std::int64_t j,
                          const Space& space) const {
    Gemm<T> g{p.rows(i),
              p.width,
              p.columns(j),
              {space.gradient.data(), kKeys, 1},
              p.k[item].at(j, 0),
              dq + (item * p.queries + i) * p.width,
              p.width};
    g.alpha = p.scale;
    g.accumulate = true;
    gemm_serial(g);
  }

  void add_key_gradients(std::int64_t item, std::int64_t i, std::int64_t j,
                         const Space& space) const {
    Gemm<T> g{p.columns(j),
              p.width,
              p.rows(i),
              {space.gradient.data(), 1, kKeys},
              p.q[item].at(i, 0),
              dk + (item * p.keys + j) * p.width,
              p.width};
    g.alpha = p.scale;
    g.accumulate = true;
    gemm_serial(g);
    Gemm<T> h{p.columns(j),        p.value_width,
              p.rows(i),           {space.probabilities.data(), 1, kKeys},
              dout[item].at(i, 0), dv + (item * p.keys + j) * p.value_width,
              p.value_width};
    h.accumulate = true;
    gemm_serial(h);
  }

  // Everything of one item.
  void item(std::int64_t n, const Space& space) const {
    for (std::int64_t i = 0; i < p.queries; i += kQueries) {
      for (std::int64_t j = 0; j < p.keys && p.sees(i, j); j += kKeys) {
        scores(n, i, j, space);
        add_query_gradient(n, i, j, space);
        add_key_gradients(n, i, j, space);
      }
    }
  }
  // The gradient of one block of queries, or of keys: the same sums in the same order.
  void query_block(std::int64_t n, std::int64_t i, const Space& space) const {
    for (std::int64_t j = 0; j < p.keys && p.sees(i, j); j += kKeys) {
      scores(n, i, j, space);
      add_query_gradient(n, i, j, space);
    }
  }
  void key_block(std::int64_t n, std::int64_t j, const Space& space) const {
    for (std::int64_t i = 0; i < p.queries; i += kQueries) {
      if (!p.sees(i, j)) continue;
      scores(n, i, j, space);
      add_key_gradients(n, i, j, space);
    }
  }
};

// Calls fn(i, space) for each i < count, in parallel, with scratch memory per thread.
template <class T, class F>
void for_blocks(std::int64_t count, std::int64_t grain, F&& fn) {
  parallel_for(0, count, grain, [&](std::int64_t begin, std::int64_t end) {
    const typename Backward<T>::Space space;
    for (std::int64_t i = begin; i < end; ++i) fn(i, space);
  });
}

template <class T>
void run_backward(const Backward<T>& b) {
  const Problem<T>& p = b.p;
  const std::int64_t down = p.query_blocks(), across = p.key_blocks();
  using Space = typename Backward<T>::Space;
  const std::int64_t grain = block_grain(2 * block_work(p));
  // Few items: their blocks are shared out, at the price of computing the scores twice.
  if (p.batch >= 2 * get_num_threads() || down * across == 1) {
    return for_blocks<T>(p.batch,
                         std::max<std::int64_t>(grain / std::max<std::int64_t>(down, 1), 1),
                         [&](std::int64_t n, const Space& space) { b.item(n, space); });
  }
  for_blocks<T>(p.batch * down, grain, [&](std::int64_t i, const Space& space) {
    b.query_block(i / down, i % down * kQueries, space);
  });
  for_blocks<T>(p.batch * across, grain, [&](std::int64_t j, const Space& space) {
    b.key_block(j / across, j % across * kKeys, space);
  });
}

template <class T>
void attention_backward_of(const KernelContext& c) {
  const Problem<T> p(c.in, 1, c.attrs<AttentionAttrs>());
  const DenseInput<T> dout(*c.in[0].impl()), out(*c.in[5].impl()), sums(*c.in[6].impl());
  const DenseOutput<T> dq(c.out[0]), dk(c.out[1]), dv(c.out[2]);
  std::fill_n(dq.data(), c.out[0].numel(), T(0));
  std::fill_n(dk.data(), c.out[1].numel(), T(0));
  std::fill_n(dv.data(), c.out[2].numel(), T(0));
  const Workspace<T> deltas(p.batch * p.queries);
  for (std::int64_t row = 0; row < p.batch * p.queries; ++row) {
    const std::int64_t at = row * p.value_width;
    deltas[row] = score_loops<T>().dot(p.value_width, dout.data() + at, out.data() + at);
  }
  run_backward<T>({p, Matrices<T>(*c.in[0].impl()), sums.data(), deltas.data(), dq.data(),
                   dk.data(), dv.data()});
  dq.commit();
  dk.commit();
  dv.commit();
}

}  // namespace

void attention(const KernelContext& c) {
  visit_compute(c.in.meta(0).dtype, [&]<class T>() { attention_of<T>(c); });
}
void attention_backward(const KernelContext& c) {
  visit_compute(c.in.meta(0).dtype, [&]<class T>() { attention_backward_of<T>(c); });
}

}  // namespace sinter::ops::cpu
