// Attention with its scores as a whole in memory, and its gradients.
#include <sinter/cuda/dense.h>
#include <sinter/cuda/each.cuh>
#include <sinter/cuda/fold.cuh>
#include <sinter/cuda/kernels.h>
#include <sinter/ops/attention_attrs.h>

#include <limits>

namespace sinter::cuda {

namespace {

using ops::KernelContext;

// Query [batch, l, e], key [batch, s, e] and value [batch, s, v], all row-major.
template <class T>
struct Problem {
  using W = Wide<T>;
  std::int64_t batch, l, s, e, v;
  W scale;
  bool causal;
  StridedLoop mask;     // over [batch, l, s]
  const bool* allowed;  // a bool mask, or null
  const T* added;       // a mask that is added to the scores, or null
  const T *q, *k, *value;

  // The score of key j for row (b * l + i).
  __device__ W score(std::int64_t row, std::int64_t j) const {
    const std::int64_t at = row * s + j;
    if (causal && j > row % l) return -std::numeric_limits<W>::infinity();
    if (allowed != nullptr && !allowed[mask.offset(at)]) return -std::numeric_limits<W>::infinity();
    const T* key = k + (row / l * s + j) * e;
    W sum = 0;
    for (std::int64_t c = 0; c < e; ++c) sum += widen(q[row * e + c]) * widen(key[c]);
    sum *= scale;
    return added != nullptr ? sum + widen(added[mask.offset(at)]) : sum;
  }
};

// A block for each row: scores, their maximum and the sum of exponentials, then the mean of values.
template <class T>
__global__ void attention_kernel(const Problem<T> p, Wide<T>* scores, T* out, Wide<T>* lse) {
  using W = Wide<T>;
  const ExtremeFold<W, true> largest;
  const SumFold<W> total;
  for (std::int64_t row = blockIdx.x; row < p.batch * p.l; row += gridDim.x) {
    W* line = scores + row * p.s;
    auto top = largest.start();
    for (std::int64_t j = threadIdx.x; j < p.s; j += blockDim.x) {
      line[j] = p.score(row, j);
      largest.add(top, line[j], j);
    }
    const auto best = fold_block(largest, top);
    // A row that may look nowhere gives zeros.
    const bool blind = best.index < 0 || best.value == -std::numeric_limits<W>::infinity();
    const W shift = blind ? W(0) : best.value;
    auto sum = total.start();
    for (std::int64_t j = threadIdx.x; j < p.s; j += blockDim.x) {
      line[j] = std::exp(line[j] - shift);
      sum.add(line[j]);
    }
    const W whole = fold_block(total, sum).value();
    if (threadIdx.x == 0) {
      lse[row] = blind ? -std::numeric_limits<W>::infinity() : shift + std::log(whole);
    }
    for (std::int64_t c = threadIdx.x; c < p.v; c += blockDim.x) {
      W mean = 0;
      for (std::int64_t j = 0; j < p.s; ++j) {
        mean += line[j] * widen(p.value[(row / p.l * p.s + j) * p.v + c]);
      }
      out[row * p.v + c] = convert<T>(blind ? W(0) : mean / whole);
    }
  }
}

template <class T>
struct Gradients {
  using W = Wide<T>;
  const T *grad, *out;
  const W* lse;
  W *p, *ds;  // probabilities, and the gradient of scores
  T *dq, *dk, *dv;
};

// A block for each row: P, dS = P (dP - sum(G * out)), and dQ = scale dS K.
template <class T>
__global__ void attention_rows_kernel(const Problem<T> p, const Gradients<T> g) {
  using W = Wide<T>;
  const SumFold<W> total;
  for (std::int64_t row = blockIdx.x; row < p.batch * p.l; row += gridDim.x) {
    const T* grad = g.grad + row * p.v;
    auto sum = total.start();
    for (std::int64_t c = threadIdx.x; c < p.v; c += blockDim.x) {
      sum.add(widen(grad[c]) * widen(g.out[row * p.v + c]));
    }
    const W delta = fold_block(total, sum).value();
    const W lse = g.lse[row];
    const bool blind = lse == -std::numeric_limits<W>::infinity();
    for (std::int64_t j = threadIdx.x; j < p.s; j += blockDim.x) {
      const T* value = p.value + (row / p.l * p.s + j) * p.v;
      W dp = 0;
      for (std::int64_t c = 0; c < p.v; ++c) dp += widen(grad[c]) * widen(value[c]);
      const W probability = blind ? W(0) : std::exp(p.score(row, j) - lse);
      g.p[row * p.s + j] = probability;
      g.ds[row * p.s + j] = probability * (dp - delta);
    }
    __syncthreads();
    for (std::int64_t c = threadIdx.x; c < p.e; c += blockDim.x) {
      W dq = 0;
      for (std::int64_t j = 0; j < p.s; ++j) {
        dq += g.ds[row * p.s + j] * widen(p.k[(row / p.l * p.s + j) * p.e + c]);
      }
      g.dq[row * p.e + c] = convert<T>(p.scale * dq);
    }
  }
}

// One element of dK = scale dS^T Q.
template <class T>
struct KeyGradient {
  Problem<T> p;
  Gradients<T> g;
  __device__ void operator()(std::int64_t i) const {
    const std::int64_t c = i % p.e, key = i / p.e, b = key / p.s, j = key % p.s;
    Wide<T> sum = 0;
    for (std::int64_t row = b * p.l; row < (b + 1) * p.l; ++row) {
      sum += g.ds[row * p.s + j] * widen(p.q[row * p.e + c]);
    }
    g.dk[i] = convert<T>(p.scale * sum);
  }
};
// One element of dV = P^T G.
template <class T>
struct ValueGradient {
  Problem<T> p;
  Gradients<T> g;
  __device__ void operator()(std::int64_t i) const {
    const std::int64_t c = i % p.v, key = i / p.v, b = key / p.s, j = key % p.s;
    Wide<T> sum = 0;
    for (std::int64_t row = b * p.l; row < (b + 1) * p.l; ++row) {
      sum += g.p[row * p.s + j] * widen(g.grad[row * p.v + c]);
    }
    g.dv[i] = convert<T>(sum);
  }
};

// The inputs from `first` on, made row-major and kept.
struct Inputs {
  Tensor q, k, v, mask;
  Inputs(const KernelContext& c, std::size_t first)
      : q(as_contiguous(c.in[first])),
        k(as_contiguous(c.in[first + 1])),
        v(as_contiguous(c.in[first + 2])),
        mask(c.in[first + 3]) {}

  template <class T>
  Problem<T> problem(const ops::AttentionAttrs& attrs) const {
    const TensorMeta &mq = q.impl()->meta, &mk = k.impl()->meta, &mv = v.impl()->meta;
    const std::size_t rank = mq.dim();
    Problem<T> p{};
    p.batch = 1;
    for (std::size_t d = 0; d + 2 < rank; ++d) p.batch *= mq.sizes[d];
    p.l = mq.sizes[rank - 2];
    p.e = mq.sizes[rank - 1];
    p.s = mk.sizes[rank - 2];
    p.v = mv.sizes[rank - 1];
    p.scale = static_cast<Wide<T>>(attrs.scale);
    p.causal = attrs.is_causal;
    p.q = data_of<const T>(q);
    p.k = data_of<const T>(k);
    p.value = data_of<const T>(v);
    if (!mask.defined()) return p;
    Dims scores = mq.sizes;
    scores.back() = p.s;
    p.mask = make_loop(scores, {broadcast_strides(mask.impl()->meta, scores)});
    const bool is_bool = mask.impl()->meta.dtype == kBool;
    p.allowed = is_bool ? data_of<const bool>(mask) : nullptr;
    p.added = is_bool ? nullptr : data_of<const T>(mask);
    return p;
  }
};

template <class T>
Tensor score_space(const Tensor& like, const Problem<T>& p) {
  return new_tensor(like, {p.batch * p.l, p.s}, dtype_of<Wide<T>>);
}

}  // namespace

void attention(const KernelContext& c) {
  const Inputs in(c, 0);
  const Launch launch(in.q);
  visit_floating(in.q.impl()->meta.dtype, [&]<class T>() {
    using W = Wide<T>;
    const Problem<T> p = in.problem<T>(c.attrs<ops::AttentionAttrs>());
    if (p.batch * p.l == 0) return;
    const Tensor scores = score_space(in.q, p);
    attention_kernel<T><<<blocks_for(p.batch * p.l, 1), kBlock, 0, launch.stream()>>>(
        p, data_of<W>(scores), c.out_data<T>(0), c.out_data<W>(1));
    check_launch();
  });
}

void attention_backward(const KernelContext& c) {
  const Inputs in(c, 1);
  const Tensor grad = as_contiguous(c.in[0]), out = as_contiguous(c.in[5]);
  const Tensor lse = as_contiguous(c.in[6]);
  const Launch launch(in.q);
  visit_floating(in.q.impl()->meta.dtype, [&]<class T>() {
    using W = Wide<T>;
    const Problem<T> p = in.problem<T>(c.attrs<ops::AttentionAttrs>());
    const Tensor probabilities = score_space(in.q, p), ds = score_space(in.q, p);
    const Gradients<T> g{data_of<const T>(grad),    data_of<const T>(out), data_of<const W>(lse),
                         data_of<W>(probabilities), data_of<W>(ds),        c.out_data<T>(0),
                         c.out_data<T>(1),          c.out_data<T>(2)};
    if (p.batch * p.l != 0) {
      attention_rows_kernel<T><<<blocks_for(p.batch * p.l, 1), kBlock, 0, launch.stream()>>>(p, g);
      check_launch();
    }
    for_each_element(launch, p.batch * p.s * p.e, KeyGradient<T>{p, g});
    for_each_element(launch, p.batch * p.s * p.v, ValueGradient<T>{p, g});
  });
}

}  // namespace sinter::cuda
