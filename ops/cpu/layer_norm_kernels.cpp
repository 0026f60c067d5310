#include <sinter/ops/cpu/channel_simd.h>
#include <sinter/ops/cpu/dense.h>
#include <sinter/ops/cpu/norm_kernels.h>
#include <sinter/ops/cpu/row_simd.h>
#include <sinter/ops/norm_attrs.h>

#include <algorithm>
#include <cmath>

namespace sinter::ops::cpu {

namespace {

// Numbers summed in T before they go into a double.
constexpr std::int64_t kRun = 4096;
constexpr std::int64_t kGrain = 1 << 13;

// fn(begin, count) over a row, its results added in double.
template <class F>
double by_runs(std::int64_t n, F&& fn) {
  double total = 0;
  for (std::int64_t i = 0; i < n; i += kRun) {
    total += static_cast<double>(fn(i, std::min(kRun, n - i)));
  }
  return total;
}

template <class T>
struct RowMoments {
  T mean, rstd;
};

// Two passes over a row that the first brought into cache. Not centred: about zero.
template <class T>
RowMoments<T> row_moments(std::int64_t n, const T* x, bool centred, double eps) {
  const auto& loops = row_loops<T>();
  const auto count = static_cast<double>(n);
  T mean = 0;
  if (centred) {
    const T origin = x[0];
    const double sum = by_runs(n, [&](auto i, auto m) { return loops.sum(m, x + i, origin); });
    mean = static_cast<T>(static_cast<double>(origin) + sum / count);
  }
  const double squares = by_runs(n, [&](auto i, auto m) { return loops.squares(m, x + i, mean); });
  return {mean, static_cast<T>(1 / std::sqrt(squares / count + eps))};
}

struct Rows {
  std::int64_t rows, width;
};

Rows rows_of(const TensorMeta& x, const Dims& normalized) {
  Rows r{1, 1};
  for (const std::int64_t size : normalized) r.width *= size;
  for (std::size_t d = 0; d < x.dim() - normalized.size(); ++d) r.rows *= x.sizes[d];
  return r;
}

std::int64_t row_grain(const Rows& r) { return kGrain / std::max<std::int64_t>(r.width, 1) + 1; }

// Inputs (x, weight, bias); outputs (y, mean, rstd), without means when not centred.
template <class T>
void normalize_rows(const KernelContext& c, bool centred) {
  const auto& attrs = c.attrs<LayerNormAttrs>();
  const Rows r = rows_of(c.in.meta(0), attrs.normalized_shape);
  T* means = centred ? c.out_data<T>(1) : nullptr;
  T* rstds = c.out_data<T>(centred ? 2 : 1);
  if (r.width == 0) {
    if (centred) std::fill_n(means, r.rows, T(0));
    std::fill_n(rstds, r.rows, T(0));
    return;
  }
  const DenseInput<T> x(*c.in[0].impl());
  const DenseInput<T> weight = optional_input<T>(c.in[1]);
  const DenseInput<T> bias = c.in.size() > 2 ? optional_input<T>(c.in[2]) : DenseInput<T>();
  const DenseOutput<T> y(c.out[0]);
  parallel_for(0, r.rows, row_grain(r), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const T* row = x.data() + i * r.width;
      const RowMoments<T> m = row_moments(r.width, row, centred, attrs.eps);
      if (centred) means[i] = m.mean;
      rstds[i] = m.rstd;
      row_loops<T>().affine(r.width, {row, m.mean, m.rstd, weight.data(), bias.data()},
                            y.data() + i * r.width);
    }
  });
  y.commit();
}

// Rows whose parameter gradients are summed in T.
constexpr std::int64_t kRowBlock = 64;

template <class T>
struct RowBackward {
  Rows r;
  const T *dy, *x, *mean, *rstd, *weight;
  T* dx;

  RowGradient<T> row(std::int64_t i) const {
    return {dy + i * r.width, x + i * r.width, mean != nullptr ? mean[i] : T(0), rstd[i], weight};
  }
  void input_gradient(std::int64_t i) const {
    const RowGradient<T> g = row(i);
    T first = 0, second = 0;
    row_loops<T>().products(r.width, g, &first, &second);
    const T share = g.rstd / static_cast<T>(r.width);
    row_loops<T>().backward(r.width, g, mean != nullptr ? share * first : T(0),
                            share * second * g.rstd * g.rstd, dx + i * r.width);
  }
};

// dweight and dbias of each block of rows, summed over blocks in double.
template <class T>
void run_backward(const RowBackward<T>& b, T* dweight, T* dbias) {
  const std::int64_t width = b.r.width;
  const std::int64_t blocks = (b.r.rows + kRowBlock - 1) / kRowBlock;
  const Workspace<T> weights(checked_mul("layer_norm", blocks, width)), biases(blocks * width);
  parallel_for(0, blocks, row_grain(b.r) / kRowBlock + 1,
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t block = begin; block < end; ++block) {
                   T* w = weights.data() + block * width;
                   T* s = biases.data() + block * width;
                   std::fill_n(w, width, T(0));
                   std::fill_n(s, width, T(0));
                   const std::int64_t last = std::min((block + 1) * kRowBlock, b.r.rows);
                   for (std::int64_t i = block * kRowBlock; i < last; ++i) {
                     b.input_gradient(i);
                     row_loops<T>().parameters(width, b.row(i), w, s);
                   }
                 }
               });
  parallel_for(0, width, kGrain / std::max<std::int64_t>(blocks, 1) + 1,
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t i = begin; i < end; ++i) {
                   double weight = 0, bias = 0;
                   for (std::int64_t block = 0; block < blocks; ++block) {
                     weight += static_cast<double>(weights[block * width + i]);
                     bias += static_cast<double>(biases[block * width + i]);
                   }
                   dweight[i] = static_cast<T>(weight);
                   if (dbias != nullptr) dbias[i] = static_cast<T>(bias);
                 }
               });
}

// Inputs (dy, x, weight, mean, rstd) or, not centred, (dy, x, weight, rstd); outputs (dx, dweight)
// and, centred, dbias.
template <class T>
void rows_backward(const KernelContext& c, bool centred) {
  const Rows r = rows_of(c.in.meta(1), c.attrs<LayerNormAttrs>().normalized_shape);
  const DenseInput<T> dy(*c.in[0].impl()), x(*c.in[1].impl());
  const DenseInput<T> weight = optional_input<T>(c.in[2]);
  const DenseInput<T> mean = centred ? DenseInput<T>(*c.in[3].impl()) : DenseInput<T>();
  const DenseInput<T> rstd(*c.in[centred ? 4 : 3].impl());
  const DenseOutput<T> dx(c.out[0]), dweight(c.out[1]);
  const RowBackward<T> b{r,           dy.data(),     x.data(), mean.data(),
                         rstd.data(), weight.data(), dx.data()};
  if (centred) {
    const DenseOutput<T> dbias(c.out[2]);
    run_backward<T>(b, dweight.data(), dbias.data());
    dbias.commit();
  } else {
    run_backward<T>(b, dweight.data(), nullptr);
  }
  dx.commit();
  dweight.commit();
}

// --- group_norm: x [items, groups, channels of a group, inner]

struct Groups {
  std::int64_t items, groups, width, inner;  // width: channels of a group
  std::int64_t channels() const { return groups * width; }
  std::int64_t size() const { return width * inner; }
};

Groups groups_of(const TensorMeta& x, std::int64_t groups) {
  Groups g{x.sizes[0], groups, x.sizes[1] / groups, 1};
  for (std::size_t d = 2; d < x.dim(); ++d) g.inner *= x.sizes[d];
  return g;
}

template <class F>
void for_groups(const Groups& g, F&& fn) {
  const std::int64_t grain = kGrain / std::max<std::int64_t>(g.size(), 1) + 1;
  parallel_for(0, g.items * g.groups, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) fn(i);
  });
}

template <class T>
void group_norm_of(const KernelContext& c) {
  const auto& attrs = c.attrs<GroupNormAttrs>();
  const Groups g = groups_of(c.in.meta(0), attrs.groups);
  T* means = c.out_data<T>(1);
  T* rstds = c.out_data<T>(2);
  if (g.size() == 0) {
    std::fill_n(means, g.items * g.groups, T(0));
    std::fill_n(rstds, g.items * g.groups, T(0));
    return;
  }
  const DenseInput<T> x(*c.in[0].impl());
  const DenseInput<T> weight = optional_input<T>(c.in[1]), bias = optional_input<T>(c.in[2]);
  const DenseOutput<T> y(c.out[0]);
  for_groups(g, [&](std::int64_t i) {
    const T* from = x.data() + i * g.size();
    const RowMoments<T> m = row_moments(g.size(), from, true, attrs.eps);
    means[i] = m.mean;
    rstds[i] = m.rstd;
    for (std::int64_t k = 0; k < g.width; ++k) {
      const std::int64_t channel = i % g.groups * g.width + k;
      const T scale = weight.data() != nullptr ? m.rstd * weight.data()[channel] : m.rstd;
      const T shift = bias.data() != nullptr ? bias.data()[channel] : T(0);
      channel_loops<T>().affine_run(g.inner, from + k * g.inner, m.mean, scale, shift,
                                    y.data() + i * g.size() + k * g.inner);
    }
  });
  y.commit();
}

template <class T>
struct GroupBackward {
  Groups g;
  const T *dy, *x, *weight, *mean, *rstd;
  T* first;   // [items, channels]: sums of dy
  T* second;  // [items, channels]: sums of dy * (x - mean)
  T* dx;

  std::int64_t channel(std::int64_t i, std::int64_t k) const { return i % g.groups * g.width + k; }
  T weight_of(std::int64_t i, std::int64_t k) const {
    return weight != nullptr ? weight[channel(i, k)] : T(1);
  }

  void sum_channel(std::int64_t i, std::int64_t k) const {
    double plain = 0, product = 0;
    for (std::int64_t at = 0; at < g.inner; at += kRun) {
      const std::int64_t from = (i * g.width + k) * g.inner + at;
      T a = 0, b = 0;
      channel_loops<T>().sum_run(ChannelSum::products,
                                 {x + from, dy + from, mean + i, std::min(kRun, g.inner - at), 1},
                                 &a, &b);
      plain += static_cast<double>(a);
      product += static_cast<double>(b);
    }
    first[i * g.width + k] = static_cast<T>(plain);
    second[i * g.width + k] = static_cast<T>(product);
  }

  void group(std::int64_t i) const {
    double plain = 0, product = 0;
    for (std::int64_t k = 0; k < g.width; ++k) {
      sum_channel(i, k);
      plain += static_cast<double>(weight_of(i, k) * first[i * g.width + k]);
      product += static_cast<double>(weight_of(i, k) * second[i * g.width + k]);
    }
    const auto share = static_cast<double>(rstd[i]) / static_cast<double>(g.size());
    const T a = static_cast<T>(share * plain);
    const T b = static_cast<T>(share * product) * rstd[i] * rstd[i];
    for (std::int64_t k = 0; k < g.width; ++k) {
      const std::int64_t at = (i * g.width + k) * g.inner;
      const T scale = rstd[i] * weight_of(i, k);
      channel_loops<T>().backward_run(g.inner, {dy + at, x + at, mean + i, &scale, &a, &b},
                                      dx + at);
    }
  }

  void parameters(T* dweight, T* dbias) const {
    for (std::int64_t c = 0; c < g.channels(); ++c) {
      double w = 0, b = 0;
      for (std::int64_t n = 0; n < g.items; ++n) {
        const std::int64_t at = n * g.channels() + c;
        w += static_cast<double>(second[at] * rstd[n * g.groups + c / g.width]);
        b += static_cast<double>(first[at]);
      }
      dweight[c] = static_cast<T>(w);
      dbias[c] = static_cast<T>(b);
    }
  }
};

template <class T>
void group_norm_backward_of(const KernelContext& c) {
  const Groups g = groups_of(c.in.meta(1), c.attrs<GroupNormAttrs>().groups);
  const DenseInput<T> dy(*c.in[0].impl()), x(*c.in[1].impl());
  const DenseInput<T> weight = optional_input<T>(c.in[2]);
  const DenseInput<T> mean(*c.in[3].impl()), rstd(*c.in[4].impl());
  const DenseOutput<T> dx(c.out[0]), dweight(c.out[1]), dbias(c.out[2]);
  const Workspace<T> first(g.items * g.channels()), second(g.items * g.channels());
  const GroupBackward<T> b{g,           dy.data(),    x.data(),      weight.data(), mean.data(),
                           rstd.data(), first.data(), second.data(), dx.data()};
  if (g.size() == 0) {
    std::fill_n(first.data(), g.items * g.channels(), T(0));
    std::fill_n(second.data(), g.items * g.channels(), T(0));
  } else {
    for_groups(g, [&](std::int64_t i) { b.group(i); });
  }
  b.parameters(dweight.data(), dbias.data());
  dx.commit();
  dweight.commit();
  dbias.commit();
}

}  // namespace

void layer_norm(const KernelContext& c) {
  visit_compute(c.in.meta(0).dtype, [&]<class T>() { normalize_rows<T>(c, true); });
}
void layer_norm_backward(const KernelContext& c) {
  visit_compute(c.in.meta(1).dtype, [&]<class T>() { rows_backward<T>(c, true); });
}
void rms_norm(const KernelContext& c) {
  visit_compute(c.in.meta(0).dtype, [&]<class T>() { normalize_rows<T>(c, false); });
}
void rms_norm_backward(const KernelContext& c) {
  visit_compute(c.in.meta(1).dtype, [&]<class T>() { rows_backward<T>(c, false); });
}
void group_norm(const KernelContext& c) {
  visit_compute(c.in.meta(0).dtype, [&]<class T>() { group_norm_of<T>(c); });
}
void group_norm_backward(const KernelContext& c) {
  visit_compute(c.in.meta(1).dtype, [&]<class T>() { group_norm_backward_of<T>(c); });
}

}  // namespace sinter::ops::cpu
